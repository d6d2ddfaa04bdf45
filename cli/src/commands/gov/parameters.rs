//! `gov parameters`: the numbers of governance.

use crate::{
	context::Context,
	error::Result,
	output::{
		fields, table,
		Column::{Text, Votes},
		Report,
	},
	views::governance::Rules,
};
use openledger_client::{
	amount::Amount,
	chain::governance::KindTerms,
	governance::{percent, Track},
};

pub(super) async fn run(context: &Context) -> Result<Report> {
	let best = context.chain().await?.best().await?;
	let (clock, parameters) = (best.clock()?, best.governance_parameters().await?);
	let majority = format!("{} % of For and Against", percent(parameters.removal_majority / 1_000));
	let text = fields(&[
		("proposal threshold", format!("{} votes", Amount(parameters.proposal_threshold))),
		("voting delay", clock.span(parameters.voting_delay)),
		("voting period", clock.span(parameters.voting_period)),
		("late quorum window", clock.span(parameters.late_quorum_window)),
		("majority of a removal", majority),
	]);
	let terms = [
		(Track::Constitutional, parameters.constitutional),
		(Track::Treasury, parameters.treasury),
		(Track::CouncilRemoval, parameters.removal),
	];
	let row = |(track, KindTerms { quorum, timelock }): (Track, KindTerms)| {
		vec![
			track.name().to_owned(),
			format!("{} % of delegated votes", percent(quorum.share)),
			Amount(quorum.least).to_string(),
			Amount(quorum.most).to_string(),
			clock.span(timelock),
		]
	};
	let columns =
		[Text("track"), Text("quorum"), Votes("at least"), Votes("at most"), Text("timelock")];
	let shown = table(&columns, terms.map(row).to_vec());
	let document = Rules::new(&parameters, &clock);
	Report::of(&document, format!("{text}\n{shown}"))
}
