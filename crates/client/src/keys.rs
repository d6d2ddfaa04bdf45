//! Keys that sign, and accounts that are named.

mod address;

pub use address::AccountId;

use crate::error::{Error, Result};
use std::{path::Path, str::FromStr};
use subxt_signer::{sr25519::Keypair, SecretUri};

/// The development accounts that every development chain endows.
pub const DEV_NAMES: [&str; 6] = ["Alice", "Bob", "Charlie", "Dave", "Eve", "Ferdie"];

/// A key pair and the account it controls.
#[derive(Clone)]
pub struct Key {
	/// The sr25519 pair, which signs.
	pub pair: Keypair,
	/// The account whose transactions it signs.
	pub account: AccountId,
}

impl Key {
	/// Reads a secret URI (`//Alice`, a mnemonic, a `0x` seed, each with optional derivation
	/// path), or the path of a file whose first non-empty line holds one. On Unix the file must be closed
	/// to everybody but its owner.
	///
	/// # Errors
	/// [`Error::BadKey`] or [`Error::BadKeyFile`]; the message never repeats the secret.
	pub fn read(text: &str) -> Result<Self> {
		let text = text.trim();
		let path = Path::new(text);
		if !text.starts_with("//") && path.is_file() {
			return Self::from_file(text).map_err(Error::BadKeyFile);
		}
		Self::from_uri(text).map_err(Error::BadKey)
	}

	fn from_file(path: &str) -> std::result::Result<Self, String> {
		check_mode(path)?;
		let content = std::fs::read_to_string(path)
			.map_err(|e| format!("cannot read the key file {path}: {e}"))?;
		// Some editors begin a file with the mark of its byte order.
		let content = content.trim_start_matches('\u{feff}');
		if content.trim_start().starts_with('{') {
			return Err(format!(
				"the key file {path} is a JSON document, as wallets export accounts, encrypted: put the \
				 account's recovery phrase into a file instead"
			));
		}
		let line = content.lines().map(str::trim).find(|line| !line.is_empty());
		let line =
			line.ok_or_else(|| format!("the key file {path} is empty: put a secret URI into it"))?;
		Self::from_uri(line).map_err(|e| format!("the key file {path} holds no key: {e}"))
	}

	fn from_uri(text: &str) -> std::result::Result<Self, &'static str> {
		if text.is_empty() {
			return Err("it is empty");
		}
		let uri = SecretUri::from_str(text).map_err(|_| "it is malformed")?;
		let pair = Keypair::from_uri(&uri).map_err(|error| match error {
			subxt_signer::sr25519::Error::Hex(_) | subxt_signer::sr25519::Error::InvalidSeed => {
				"the seed is not 32 bytes of hexadecimal"
			},
			_ => "the phrase is not a BIP-39 mnemonic",
		})?;
		let account = AccountId::from(pair.public_key().0);
		Ok(Self { pair, account })
	}
}

/// Whoever else can read the file can spend what the key owns.
///
/// # Errors
/// If others than the owner may read or write the file, with the command that closes it.
#[cfg(unix)]
fn check_mode(path: &str) -> std::result::Result<(), String> {
	use std::os::unix::fs::PermissionsExt;
	let metadata =
		std::fs::metadata(path).map_err(|e| format!("cannot look at the key file {path}: {e}"))?;
	match metadata.permissions().mode() & 0o077 {
		0 => Ok(()),
		_ => Err(format!(
			"the key file {path} can be read or written by others on this machine: close it with \
			 `chmod 600 {path}`"
		)),
	}
}

#[cfg(not(unix))]
fn check_mode(_: &str) -> std::result::Result<(), String> {
	Ok(())
}

/// Reads an account: its address, `0x` and 64 hexadecimal digits, or a development URI such as `//Alice`.
/// The digits say nothing of a network: whoever means the same key on this one writes them.
///
/// # Errors
/// [`Error::BadAccount`], which says which forms are read, or [`Error::ForeignAddress`].
pub fn parse_account(text: &str) -> Result<AccountId> {
	let text = text.trim();
	let wrong = |reason: String| Error::BadAccount { text: text.to_owned(), reason };
	if text.starts_with("//") {
		return Key::from_uri(text).map(|key| key.account).map_err(|reason| wrong(reason.into()));
	}
	if let Some(digits) = text.strip_prefix("0x") {
		let mut bytes = [0; 32];
		let what = "what follows 0x is not 64 hexadecimal digits";
		return hex::decode_to_slice(digits, &mut bytes)
			.map(|()| AccountId::from(bytes))
			.map_err(|_| wrong(what.into()));
	}
	address::read(text)
}

#[cfg(test)]
mod tests {
	use super::*;

	fn write_private(file: &Path, content: &str) {
		std::fs::write(file, content).unwrap();
		#[cfg(unix)]
		{
			use std::os::unix::fs::PermissionsExt;
			std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600)).unwrap();
		}
	}

	#[cfg(unix)]
	#[test]
	fn key_file_should_be_refused_when_others_can_read_it() {
		use std::os::unix::fs::PermissionsExt;
		let directory = tempfile::tempdir().unwrap();
		let file = directory.path().join("key");
		std::fs::write(&file, "//Alice").unwrap();
		for (mode, taken) in
			[(0o600, true), (0o400, true), (0o640, false), (0o604, false), (0o620, false)]
		{
			std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
			let read = Key::read(file.to_str().unwrap());
			assert_eq!(read.is_ok(), taken, "{mode:o}");
			if let Err(error) = read {
				assert!(error.to_string().contains("chmod 600"), "{error}");
			}
		}
	}

	const ALICE: &str = "e3Ly4EgZjVjwj7RE6WG2norBThc1RaXWBfxnqKV289EL7LbyH";

	#[test]
	fn key_should_be_alices_when_uri_phrase_or_file_says_so() {
		let directory = tempfile::tempdir().unwrap();
		let file = directory.path().join("key");
		write_private(&file, "\u{feff}\n  //Alice \n");
		let phrase = "bottom drive obey lake curtain smoke basket hold race lonely fit walk//Alice";
		for text in ["//Alice", phrase, file.to_str().unwrap()] {
			assert_eq!(Key::read(text).unwrap().account.to_string(), ALICE);
		}
	}

	#[test]
	fn error_should_not_repeat_the_secret_when_key_is_malformed() {
		for text in ["bottom drive obey", "0x1234", "no-such-file", ""] {
			let Err(error) = Key::read(text) else { panic!("{text} was taken") };
			let message = error.to_string();
			assert!(text.is_empty() || !message.contains(text), "{message}");
			assert!(message.contains("//Alice"), "{message}");
		}
	}

	#[test]
	fn error_should_name_the_file_when_it_holds_no_key() {
		let directory = tempfile::tempdir().unwrap();
		for content in ["", "not a key", "{\"encoded\": \"MFMC\", \"address\": \"5Grw\"}"] {
			let file = directory.path().join("key");
			write_private(&file, content);
			let Err(error) = Key::read(file.to_str().unwrap()) else {
				panic!("{content} was taken")
			};
			assert!(error.to_string().contains(file.to_str().unwrap()), "{error}");
		}
	}

	#[test]
	fn account_should_be_the_same_when_named_in_each_form() {
		let alice = parse_account(ALICE).unwrap();
		assert_eq!(parse_account("//Alice").unwrap(), alice);
		assert_eq!(parse_account(&format!("0x{}", hex::encode(alice.0))).unwrap(), alice);
	}

	#[test]
	fn account_should_be_refused_when_malformed() {
		let typo = ALICE.replace("e3Ly", "e3Lx");
		for text in [typo.as_str(), "0x12", "Alice", ""] {
			assert!(parse_account(text).unwrap_err().to_string().contains("not an account"));
		}
	}
}
