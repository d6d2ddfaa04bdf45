//! `gov parameters`: the numbers of governance.

use crate::{
	context::Context,
	error::Result,
	output::{
		fields, open, table,
		Column::{Text, Votes},
		Report,
	},
	views::governance::Rules,
};
use openledger_client::{
	amount::Amount,
	governance::{percent, Track},
};

pub(super) async fn run(context: &Context) -> Result<Report> {
	let best = context.chain().await?.best().await?;
	let (clock, parameters) = (best.clock()?, best.governance_parameters().await?);
	let proposing = best.proposing()?;
	let majority = format!("{} % of For and Against", percent(parameters.removal_majority / 1_000));
	let deposit = format!(
		"{}, taken if For and Abstain are less than {} % of the quorum",
		open(proposing.deposit),
		percent(proposing.deposit_support)
	);
	let text = fields(&[
		("proposal threshold", format!("{} votes", Amount(parameters.proposal_threshold))),
		("proposal deposit", deposit),
		("open proposals", format!("at most {} of one account", proposing.most_open)),
		("voting delay", clock.span(parameters.voting_delay)),
		("holding window", format!("{}, before a snapshot", clock.span(parameters.holding_window))),
		("voting period", clock.span(parameters.voting_period)),
		("late quorum window", clock.span(parameters.late_quorum_window)),
		("majority of a removal", majority),
		("treasury pays every", clock.span(parameters.spending.period)),
	]);
	let row = |track: Track| {
		let terms = track.terms(&parameters);
		let most = match (track, track.spend_limit(&parameters.spending)) {
			(_, Some(limit)) => open(limit),
			(Track::Constitutional, None) => "anything".into(),
			(_, None) => "nothing".into(),
		};
		vec![
			track.name().to_owned(),
			format!("{} % of delegated votes", percent(terms.quorum.share)),
			Amount(terms.quorum.least).to_string(),
			Amount(terms.quorum.most).to_string(),
			most,
			clock.span(terms.timelock),
		]
	};
	let columns = [
		Text("track"),
		Text("quorum"),
		Votes("at least (votes)"),
		Votes("at most (votes)"),
		Text("spends at most"),
		Text("timelock"),
	];
	let shown = table(&columns, Track::ALL.map(row).to_vec());
	let document = Rules::new(&parameters, &proposing, &clock);
	Report::of(&document, format!("{text}\n{shown}"))
}
