//! `gov parameters`: the numbers of governance.

use crate::{
	context::Context,
	error::Result,
	output::{
		fields, table,
		Column::{Text, Votes},
		Report,
	},
};
use openledger_client::{
	amount::Amount,
	chain::governance::KindTerms,
	governance::{percent, Track},
};
use serde_json::json;

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
	let tracks: serde_json::Map<_, _> = terms
		.iter()
		.map(|(track, KindTerms { quorum, timelock })| {
			let terms = json!({
				"quorum_share": quorum.share,
				"quorum_least": quorum.least.to_string(),
				"quorum_most": quorum.most.to_string(),
				"timelock": clock.span_json(*timelock),
			});
			(track.name().to_owned(), terms)
		})
		.collect();
	let document = json!({
		"proposal_threshold": parameters.proposal_threshold.to_string(),
		"voting_delay": clock.span_json(parameters.voting_delay),
		"voting_period": clock.span_json(parameters.voting_period),
		"late_quorum_window": clock.span_json(parameters.late_quorum_window),
		"removal_majority": parameters.removal_majority,
		"tracks": tracks,
	});
	Ok(Report::new(document, format!("{text}\n{shown}")))
}
