//! `keyholder policy show | check | test | matrix | roles`

use super::{Context, Done};
use crate::error::Result;
use crate::policy::cases::Cases;
use crate::policy::{Rules, matrix};
use serde_json::json;
use std::path::PathBuf;

#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// Print the rules that are in force, or those of --policy.
    Show,
    /// Print what they can speak of, as a Cedar schema.
    Schema,
    /// List the roles that they give something to.
    Roles,
    /// Check a file of rules against the schema, and say all that is wrong with it and where.
    Check {
        /// The file.
        file: PathBuf,
    },
    /// Ask the rules what a file of cases says they answer.
    ///
    /// A case is a JSON object, and the file is a list of them. `roles` and `classes` say who asks (or `operator`,
    /// true), `action` what for, `kind` of which data, and `expect` is "allow", "deny" or "approval". These may be
    /// given: `name`, `purpose`, `batch`, `approved`, `address`, `time`, `proof`, and of the token `field`,
    /// `origin`, `sub`, `age` (in days), `fields` (the kinds in a form) and `consent`, an object with `purposes` and
    /// perhaps `notice` and `time`; and of the person `doNotSell`, `objections` and `withdrawn`.
    Test {
        /// The file.
        file: PathBuf,
    },
    /// Print what each role may do with each kind of data, as a table.
    Matrix,
}

pub(super) fn run(context: &Context, command: Command) -> Result<Done> {
    match command {
        Command::Show => context.out.line(context.rules()?.current().text().trim_end())?,
        Command::Schema => context.out.line(crate::policy::rules::SCHEMA.trim_end())?,
        Command::Roles => {
            let rules = context.rules()?.current();
            let roles: Vec<&str> = rules.roles().collect();
            if context.out.json() {
                context.out.value(&roles)?;
            } else {
                roles.iter().try_for_each(|role| context.out.line(role))?;
            }
        }
        Command::Check { file } => {
            let rules = Rules::read(&file)?;
            if context.out.json() {
                context.out.value(&json!({ "roles": rules.roles().collect::<Vec<_>>() }))?;
            } else {
                context.out.line("The rules are good.")?;
            }
        }
        Command::Test { file } => return test(context, &Cases::read(&file)?),
        Command::Matrix => context.out.line(matrix::of(&context.rules()?.current()).trim_end())?,
    }
    Ok(Done::Well)
}

fn test(context: &Context, cases: &Cases) -> Result<Done> {
    let rules = context.rules()?.current();
    let results = cases.run(&rules)?;
    let failed = results.iter().filter(|result| !result.holds()).count();
    if context.out.json() {
        context.out.value(&results.iter().map(|result| result.to_json()).collect::<Vec<_>>())?;
    } else {
        results.iter().try_for_each(|result| context.out.line(&result.to_string()))?;
        context.out.line(&format!("{} of {} cases hold.", results.len() - failed, results.len()))?;
    }
    Ok(if failed == 0 { Done::Well } else { Done::Found })
}
