//! Typed reads of governance from the state of one block. Each fails as [`Snapshot`] says.

use super::{
	council::{
		CallInfo, Cohort, Contender, CouncilParameters, Election, Motion, Scheduled, Seat, Spent,
		Voting, Weight,
	},
	governance::{
		Ballot, Bounded, Checkpoint, Enactment, Obstacle, Parameters, Proposal, Proposing,
		Referendum, ReferendumInfo, RequestStatus, Series,
	},
	EncodedArgument, Hash, Snapshot,
};
use crate::{
	clock::Clock,
	error::{Error, Result},
	keys::AccountId,
};

impl Snapshot {
	/// The clock by which this block is now.
	///
	/// # Errors
	/// If the runtime does not say.
	pub fn clock(&self) -> Result<Clock> {
		let now = u32::try_from(self.number()).map_err(|e| Error::Unreadable(e.to_string()))?;
		let block_time = self.constant("Babe", "ExpectedBlockTime")?;
		Ok(Clock { now, block_time })
	}

	/// Reads the parameters of governance.
	///
	/// # Errors
	/// See [`Snapshot`]. So for the methods below.
	pub async fn governance_parameters(&self) -> Result<Parameters> {
		self.value("ConvictionVoting", "Parameters").await
	}

	/// Asks the runtime about a proposal.
	///
	/// # Errors
	/// Also if there is none of this number.
	pub async fn proposal(&self, index: u32) -> Result<Proposal> {
		let found: Option<Proposal> =
			self.runtime_api("GovernanceApi", "proposal", (index,)).await?;
		match found {
			Some(proposal) => Ok(proposal),
			None => Err(self.missing(Error::NoProposal(index)).await),
		}
	}

	/// Reads how many proposals were made so far; their numbers are all below.
	///
	/// # Errors
	/// See [`Self::governance_parameters`].
	pub async fn proposal_count(&self) -> Result<u32> {
		self.value("Referenda", "ReferendumCount").await
	}

	/// Reads the open referendum of a proposal; none if it is over.
	///
	/// # Errors
	/// See [`Self::governance_parameters`].
	pub async fn referendum(&self, index: u32) -> Result<Option<Referendum>> {
		let info: Option<ReferendumInfo> =
			self.get("Referenda", "ReferendumInfoFor", (index,)).await?;
		Ok(match info {
			Some(ReferendumInfo::Ongoing(referendum)) => Some(referendum),
			_ => None,
		})
	}

	/// The block in which a proposal was approved.
	///
	/// # Errors
	/// See [`Self::governance_parameters`].
	pub(super) async fn approved(&self, index: u32) -> Result<Option<u32>> {
		let info = self.get("Referenda", "ReferendumInfoFor", (index,)).await?;
		Ok(match info {
			Some(ReferendumInfo::Approved(block, ..)) => Some(block),
			_ => None,
		})
	}

	/// The block at which the call of an approved proposal was to be dispatched, as the chain keeps it.
	///
	/// # Errors
	/// See [`Self::governance_parameters`].
	pub(super) async fn due_at(&self, index: u32) -> Result<Option<u32>> {
		let enactment: Option<Enactment> =
			self.get("ConvictionVoting", "Enactments", (index,)).await?;
		Ok(enactment.map(|enactment| enactment.at))
	}

	/// What is held of the proposer for a proposal, in the smallest unit of OPEN, until it has ended; none if it
	/// was given back or taken.
	///
	/// # Errors
	/// See [`Self::governance_parameters`].
	pub async fn proposal_deposit(&self, index: u32) -> Result<Option<u128>> {
		let info: Option<ReferendumInfo> =
			self.get("Referenda", "ReferendumInfoFor", (index,)).await?;
		Ok(info.and_then(ReferendumInfo::deposit))
	}

	/// Reads what the runtime asks of those who propose.
	///
	/// # Errors
	/// If the runtime does not say.
	pub fn proposing(&self) -> Result<Proposing> {
		Ok(Proposing {
			deposit: self.constant("Referenda", "SubmissionDeposit")?,
			deposit_support: self.constant("ConvictionVoting", "DepositSupport")?,
			most_open: self.constant("ConvictionVoting", "MaxOpen")?,
		})
	}

	/// Reads the free OPEN of the treasury, in the smallest unit.
	///
	/// # Errors
	/// See [`Self::governance_parameters`].
	pub async fn treasury(&self) -> Result<u128> {
		let account: AccountId = self.constant("Treasury", "pot_account")?;
		Ok(self.account_info(&account).await?.data.free)
	}

	/// Asks the runtime why an account cannot propose in the next block; none if it can.
	///
	/// # Errors
	/// See [`Self::governance_parameters`].
	pub async fn obstacle(&self, account: &AccountId) -> Result<Option<Obstacle>> {
		self.runtime_api("GovernanceApi", "obstacle", (*account,)).await
	}

	/// The numbers of the proposals whose referendum is open or approved: no others can be waiting
	/// for anything.
	///
	/// # Errors
	/// See [`Self::governance_parameters`].
	pub async fn unsettled_proposals(&self) -> Result<Vec<u32>> {
		let all: Vec<((u32,), ReferendumInfo)> =
			self.all("Referenda", "ReferendumInfoFor", ()).await?;
		let waiting = all.into_iter().filter(|(_, info)| {
			matches!(info, ReferendumInfo::Ongoing(_) | ReferendumInfo::Approved(..))
		});
		let mut numbers: Vec<u32> = waiting.map(|((index,), _)| index).collect();
		numbers.sort_unstable();
		Ok(numbers)
	}

	/// Asks the runtime for the votes of an account that count where the snapshot is block `at`, in the smallest
	/// unit of OPEN: the least that was delegated to it in the holding window before. As long as that block is
	/// to come, it is as if this one were the snapshot.
	///
	/// # Errors
	/// See [`Self::governance_parameters`].
	pub async fn votes_at(&self, account: &AccountId, at: u32) -> Result<u128> {
		let at = at.min(self.clock()?.now);
		let votes: Option<u128> =
			self.runtime_api("GovernanceApi", "votes", (*account, at)).await?;
		votes.ok_or_else(|| Error::Unreadable(format!("the runtime knows no votes at block {at}")))
	}

	/// Reads the votes that are delegated to an account, in the smallest unit of OPEN, however long they are.
	///
	/// # Errors
	/// See [`Self::governance_parameters`].
	pub async fn votes(&self, account: &AccountId) -> Result<u128> {
		let series = Series::Votes(*account);
		let latest: Option<Checkpoint> = self.get("ConvictionVoting", "Latest", (series,)).await?;
		Ok(latest.map_or(0, |checkpoint| checkpoint.value))
	}

	/// Reads how much an account has wrapped, in the smallest unit of OPEN.
	///
	/// # Errors
	/// See [`Self::governance_parameters`].
	pub async fn wrapped(&self, account: &AccountId) -> Result<u128> {
		Ok(self.get("ConvictionVoting", "Units", (*account,)).await?.unwrap_or(0))
	}

	/// Reads to whom an account delegates.
	///
	/// # Errors
	/// See [`Self::governance_parameters`].
	pub async fn delegate(&self, account: &AccountId) -> Result<Option<AccountId>> {
		self.get("ConvictionVoting", "Delegates", (*account,)).await
	}

	/// Reads the nonce of an account's next signed delegation.
	///
	/// # Errors
	/// See [`Self::governance_parameters`].
	pub async fn delegation_nonce(&self, account: &AccountId) -> Result<u32> {
		Ok(self.get("ConvictionVoting", "Nonces", (*account,)).await?.unwrap_or(0))
	}

	/// Reads how an account voted on a proposal.
	///
	/// # Errors
	/// See [`Self::governance_parameters`].
	pub async fn ballot(&self, index: u32, account: &AccountId) -> Result<Option<Ballot>> {
		self.get("ConvictionVoting", "Ballots", (index, *account)).await
	}

	/// Reads the stored bytes of this blake2-256 hash, such as a call; none if there are none.
	///
	/// # Errors
	/// See [`Self::governance_parameters`].
	pub async fn preimage(&self, hash: Hash) -> Result<Option<Vec<u8>>> {
		match self.preimage_length(hash).await? {
			Some(length) => self.get("Preimage", "PreimageFor", ((hash, length),)).await,
			None => Ok(None),
		}
	}

	/// The length of the stored bytes of this hash; none if there are none.
	async fn preimage_length(&self, hash: Hash) -> Result<Option<u32>> {
		let status: Option<RequestStatus> =
			self.get("Preimage", "RequestStatusFor", (hash,)).await?;
		Ok(match status {
			Some(RequestStatus::Unrequested { len }) => Some(len),
			Some(RequestStatus::Requested { maybe_len }) => maybe_len,
			None => None,
		})
	}

	/// Whether the call of an open proposal is not stored in the length that the proposal names: then it lapses
	/// with its snapshot.
	///
	/// # Errors
	/// See [`Self::governance_parameters`].
	pub async fn lacks_call(&self, index: u32) -> Result<bool> {
		Ok(match self.referendum(index).await?.map(|referendum| referendum.proposal) {
			Some(Bounded::Lookup { hash, len }) => self.preimage_length(hash).await? != Some(len),
			Some(Bounded::Legacy { hash }) => self.preimage_length(hash).await?.is_none(),
			Some(Bounded::Inline(_)) | None => false,
		})
	}
}

impl Snapshot {
	/// Reads the seats of one half of the council.
	///
	/// # Errors
	/// See [`Snapshot`]. So for the methods below.
	pub async fn seats(&self, cohort: Cohort) -> Result<Vec<Seat>> {
		Ok(self.get("SecurityCouncil", "Cohorts", (cohort,)).await?.unwrap_or_default())
	}

	/// Reads the members whose votes on motions count.
	///
	/// # Errors
	/// See [`Self::seats`].
	pub async fn members(&self) -> Result<Vec<AccountId>> {
		self.value("TechnicalCommittee", "Members").await
	}

	/// Reads the running election.
	///
	/// # Errors
	/// See [`Self::seats`].
	pub async fn running_election(&self) -> Result<Option<Election>> {
		self.get("SecurityCouncil", "Running", ()).await
	}

	/// Asks the runtime how many votes make a contender of the running election a nominee; none before
	/// nomination has begun.
	///
	/// # Errors
	/// See [`Self::seats`].
	pub async fn nomination_quota(&self) -> Result<Option<u128>> {
		self.runtime_api("SecurityCouncilApi", "nomination_quota", ()).await
	}

	/// Asks the runtime how many votes must be spent in the running election; none before voting has begun.
	///
	/// # Errors
	/// See [`Self::seats`].
	pub async fn voting_quorum(&self) -> Result<Option<u128>> {
		self.runtime_api("SecurityCouncilApi", "voting_quorum", ()).await
	}

	/// Reads how many votes were spent in the running election.
	///
	/// # Errors
	/// See [`Self::seats`].
	pub async fn turnout(&self) -> Result<u128> {
		self.value("SecurityCouncil", "Turnout").await
	}

	/// Reads at which block the next election is due, and its number.
	///
	/// # Errors
	/// See [`Self::seats`].
	pub async fn next_election(&self) -> Result<(u32, u32)> {
		let last: u32 = self.value("SecurityCouncil", "LastDue").await?;
		let interval = self.council_parameters().await?.election_interval;
		let number = self.value("SecurityCouncil", "NextElection").await?;
		Ok((last.saturating_add(interval), number))
	}

	/// Reads the council's parameters.
	///
	/// # Errors
	/// See [`Self::seats`]; also if the chain has none.
	pub async fn council_parameters(&self) -> Result<CouncilParameters> {
		let parameters = self.get("SecurityCouncil", "Parameters", ()).await?;
		parameters.ok_or_else(|| {
			Error::Unreadable("the chain has no parameters of the security council".into())
		})
	}

	/// Reads the accounts that stand in an election.
	///
	/// # Errors
	/// See [`Self::seats`].
	pub async fn contenders(&self, election: u32) -> Result<Vec<(AccountId, Contender)>> {
		let all: Vec<((u32, AccountId), Contender)> =
			self.all("SecurityCouncil", "Contenders", (election,)).await?;
		Ok(all.into_iter().map(|((_, account), contender)| (account, contender)).collect())
	}

	/// Reads the nominees of the running election, in the order that decides ties.
	///
	/// # Errors
	/// See [`Self::seats`].
	pub async fn nominees(&self) -> Result<Vec<AccountId>> {
		self.value("SecurityCouncil", "Nominees").await
	}

	/// Reads what a voter spent in an election.
	///
	/// # Errors
	/// See [`Self::seats`].
	pub async fn spent(&self, election: u32, voter: &AccountId) -> Result<Spent> {
		Ok(self.get("SecurityCouncil", "Voters", (election, *voter)).await?.unwrap_or_default())
	}

	/// Reads the calls that the council scheduled, by number.
	///
	/// # Errors
	/// See [`Self::seats`].
	pub async fn scheduled(&self) -> Result<Vec<(u32, Scheduled)>> {
		let all: Vec<((u32,), Scheduled)> = self.all("SecurityCouncil", "Schedule", ()).await?;
		let mut all: Vec<_> = all.into_iter().map(|((number,), call)| (number, call)).collect();
		all.sort_by_key(|(number, _)| *number);
		Ok(all)
	}

	/// Reads the open motion of this hash.
	///
	/// # Errors
	/// See [`Self::seats`].
	pub async fn motion(&self, hash: Hash) -> Result<Option<Motion>> {
		let voting: Option<Voting> = self.get("TechnicalCommittee", "Voting", (hash,)).await?;
		let call = self.raw("TechnicalCommittee", "ProposalOf", (hash,)).await?;
		Ok(voting.zip(call).map(|(voting, call)| Motion { hash, voting, call }))
	}

	/// Reads all open motions, by number.
	///
	/// # Errors
	/// See [`Self::seats`].
	pub async fn motions(&self) -> Result<Vec<Motion>> {
		let hashes: Vec<Hash> = self.value("TechnicalCommittee", "Proposals").await?;
		let mut motions = Vec::new();
		for hash in hashes {
			motions.extend(self.motion(hash).await?);
		}
		motions.sort_by_key(|motion| motion.voting.index);
		Ok(motions)
	}

	/// Asks the runtime what a call in SCALE costs at most.
	///
	/// # Errors
	/// See [`Self::seats`]; also if the bytes are no call.
	pub async fn call_weight(&self, call: &[u8]) -> Result<Weight> {
		let length = u32::try_from(call.len()).map_err(|e| Error::Unreadable(e.to_string()))?;
		let arguments = (EncodedArgument(call.to_vec()), length);
		let info: CallInfo =
			self.runtime_api("TransactionPaymentCallApi", "query_call_info", arguments).await?;
		Ok(info.weight)
	}
}
