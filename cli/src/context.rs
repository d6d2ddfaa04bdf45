//! What commands share: options, the connection, the key, the blob store.

use crate::{
	error::{Error, Result},
	options::Global,
	output::Console,
};
use openledger_blobs::DirectoryStore;
use openledger_client::{
	chain::{self, Call, Chain, Included, Snapshot},
	keys::{AccountId, Key},
};
use std::{io::IsTerminal, ops::AsyncFnOnce, path::PathBuf, sync::OnceLock, time::Duration};
use tokio::sync::OnceCell;

const DEFAULT_URL: &str = "ws://127.0.0.1:9944";

/// What commands share. The connection to the node is made when a command first needs it.
pub struct Context {
	global: Global,
	/// Takes notes and progress for people.
	pub console: Console,
	chain: OnceCell<Chain>,
	/// Read once, so that nobody is asked twice.
	key: OnceLock<Key>,
}

impl Context {
	/// Makes a context of the options that every command has.
	pub fn new(global: Global) -> Self {
		let console = Console { quiet: global.quiet };
		Self { global, console, chain: OnceCell::new(), key: OnceLock::new() }
	}

	/// The connection to the node, which is made at the first call.
	///
	/// # Errors
	/// [`Error::Unreachable`] if there is none after all retries.
	pub async fn chain(&self) -> Result<&Chain> {
		let url = setting(self.global.url.clone(), "OPENLEDGER_URL");
		let url = url.unwrap_or_else(|| DEFAULT_URL.into());
		let timeout = Duration::from_secs(self.global.connect_timeout.into());
		let console = self.console;
		let tell = move |line: &str| console.note(line);
		let connect = || Chain::connect_telling(&url, timeout, tell);
		Ok(self.chain.get_or_try_init(connect).await?)
	}

	/// The key that signs.
	///
	/// # Errors
	/// [`Error::Usage`] if there is none or it is malformed.
	pub fn key(&self) -> Result<Key> {
		if let Some(key) = self.key.get() {
			return Ok(key.clone());
		}
		let text = setting(self.global.key.clone(), "OPENLEDGER_KEY").ok_or_else(|| {
			Error::Usage(
				"this command signs: give the key with --key (or OPENLEDGER_KEY), such as //Alice or \
				 the path of a file that holds a secret URI, or let it be asked for with --key -"
					.into(),
			)
		})?;
		let key = match text.trim() {
			"-" => Key::read(&ask_secret()?)?,
			text => Key::read(text)?,
		};
		Ok(self.key.get_or_init(|| key).clone())
	}

	/// `account` if there is one, or else the account of the key.
	///
	/// # Errors
	/// As [`Self::key`].
	pub fn account_or_own(&self, account: Option<AccountId>) -> Result<AccountId> {
		match account {
			Some(account) => Ok(account),
			None => Ok(self.key()?.account),
		}
	}

	/// `account` if there is one, or else the account of the key, if one is given and need not be asked for.
	///
	/// # Errors
	/// If the key is malformed.
	pub fn known_account(&self, account: Option<AccountId>) -> Result<Option<AccountId>> {
		let key = setting(self.global.key.clone(), "OPENLEDGER_KEY");
		let asks = key.is_none_or(|key| key.trim() == "-");
		match account {
			None if asks && self.key.get().is_none() => Ok(None),
			account => self.account_or_own(account).map(Some),
		}
	}

	/// Opens the blob store, in the directory that the options or the environment name.
	///
	/// # Errors
	/// If its directory cannot be made.
	pub fn store(&self) -> Result<DirectoryStore> {
		let given = self.global.blob_dir.clone();
		let given = given.or_else(|| std::env::var_os("OPENLEDGER_BLOB_DIR").map(PathBuf::from));
		let directory = given.map_or_else(default_blob_directory, Ok)?;
		Ok(DirectoryStore::open(directory)?)
	}

	/// Whether transactions are waited for until they are final.
	pub fn finalized(&self) -> bool {
		self.global.finalized
	}

	/// Signs and sends one call, and waits until a block holds it.
	///
	/// # Errors
	/// See [`chain::submit`].
	pub async fn send(&self, call: Call) -> Result<Included> {
		let key = self.key()?;
		Ok(chain::submit_one(self.chain().await?, &key, call, self.finalized()).await?)
	}

	/// As [`Self::send`]. If the chain refuses, `words` gets the error's name and the state of the newest
	/// block and puts the refusal into words; where it finds none, those of the chain stay.
	///
	/// # Errors
	/// As [`Self::send`].
	pub async fn send_telling(
		&self,
		call: Call,
		words: impl AsyncFnOnce(&str, &Snapshot) -> Result<Option<String>>,
	) -> Result<Included> {
		let error = match self.send(call).await {
			Ok(sent) => return Ok(sent),
			Err(error) => error,
		};
		let Some(name) = error.refused_as() else { return Err(error) };
		let best = self.chain().await?.best().await?;
		Err(match words(name, &best).await {
			Ok(Some(words)) => error.in_words(words),
			_ => error,
		})
	}

	/// Signs and sends many calls in one go, and waits until blocks hold them.
	///
	/// # Errors
	/// See [`chain::submit`].
	pub async fn send_all(&self, calls: Vec<Call>) -> Result<Vec<Result<Included>>> {
		let key = self.key()?;
		let sent = chain::submit(self.chain().await?, &key, calls, self.finalized()).await?;
		Ok(sent.into_iter().map(|one| one.map_err(Error::from)).collect())
	}
}

/// Asks for a secret URI without showing it, or reads the first line of standard input where that is no
/// terminal.
///
/// # Errors
/// [`Error::Usage`] if there is nothing to read.
fn ask_secret() -> Result<String> {
	let read = if std::io::stdin().is_terminal() {
		rpassword::prompt_password("secret key: ")
	} else {
		let mut line = String::new();
		std::io::stdin().read_line(&mut line).map(|_| line)
	};
	read.map_err(|error| Error::Usage(format!("no secret key could be read: {error}")))
}

fn setting(option: Option<String>, variable: &str) -> Option<String> {
	option.or_else(|| std::env::var(variable).ok().filter(|value| !value.is_empty()))
}

fn default_blob_directory() -> Result<PathBuf> {
	std::env::var_os("HOME")
		.map(|home| PathBuf::from(home).join(".openledger").join("blobs"))
		.ok_or_else(|| {
			Error::Usage("HOME is not set: name the blob directory with --blob-dir".into())
		})
}
