//! `GET /v1/roles`: what each role may do, as the rules in force come to it.

use super::Service;
use super::caller::{Address, Caller};
use super::json;
use super::problem::Problem;
use crate::error::Code;
use crate::policy::matrix::{Leave, Matrix, Needs};
use crate::policy::{Actor, Duty, Rules};
use axum::extract::State;
use axum::response::Response;
use bytes::Bytes;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::Mutex;

/// The answer for the rules that were asked last, because to ask them takes a moment.
#[derive(Clone, Default)]
pub(super) struct Known(Arc<Mutex<Option<Answered>>>);

/// Rules, and the answer that comes of them.
type Answered = (Arc<Rules>, Bytes);

impl Known {
    /// The answer for these rules. They are asked once, however many ask meanwhile.
    async fn of(self, rules: Arc<Rules>) -> Result<Bytes, Problem> {
        let mut known = self.0.lock().await;
        if let Some((of, body)) = &*known
            && Arc::ptr_eq(of, &rules)
        {
            return Ok(body.clone());
        }
        let internal = || Problem::new(Code::Internal);
        let asked = Arc::clone(&rules);
        let ask = move || serde_json::to_vec(&Document::of(&asked)).map(Bytes::from);
        // Some thousands of questions, which would hold up others who wait on this thread.
        let asked = tokio::task::spawn_blocking(ask).await.map_err(|_| internal())?;
        let body = asked.map_err(|_| internal())?;
        *known = Some((rules, body.clone()));
        Ok(body)
    }
}

/// What each role may do: the figures of `keyholder policy matrix`.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Roles)]
pub(super) struct Document {
    /// Kinds in groups that no rule tells apart.
    groups: Vec<Group>,
    roles: Vec<Role>,
}

/// Kinds of a class.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = KindGroup)]
pub(super) struct Group {
    /// The class's name, or the kinds' where those of a class differ.
    title: String,
    class: &'static str,
    kinds: Vec<&'static str>,
}

/// What a role may do.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct Role {
    role: String,
    /// With values: by action, a cell for each group.
    values: BTreeMap<&'static str, Vec<Cell>>,
    /// With the key holder: by action.
    duties: BTreeMap<&'static str, Cell>,
}

/// What something takes: `✓` is allowed, `purpose` if one is stated, `consent` if the token has the person's to it,
/// `approval` if a second person approves, several of these with ` + ` between, or `–`, not at all.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct Cell {
    /// For one value.
    one: String,
    /// From how many values on it takes something else.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    from: Option<usize>,
    /// What it takes then.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    many: Option<String>,
}

impl Cell {
    fn of(leave: &Leave) -> Self {
        let words = |needs: Option<Needs>| needs.map_or("–".to_owned(), |needs| needs.to_string());
        Self {
            one: words(leave.one),
            from: leave.many.map(|(from, _)| from),
            many: leave.many.map(|(_, needs)| words(needs)),
        }
    }
}

impl Document {
    fn of(rules: &Rules) -> Self {
        let Matrix { groups, roles } = Matrix::of(rules);
        let group = |group: &crate::policy::matrix::Group| Group {
            title: group.title(),
            class: group.class.as_str(),
            kinds: group.kinds.iter().map(|kind| kind.as_str()).collect(),
        };
        let cells = |leaves: Vec<Leave>| leaves.iter().map(Cell::of).collect();
        let roles = roles.into_iter().map(|row| Role {
            role: row.role,
            values: row.values.into_iter().map(|(access, leaves)| (access.as_str(), cells(leaves))).collect(),
            duties: row.duties.iter().map(|(duty, leave)| (duty.as_str(), Cell::of(leave))).collect(),
        });
        Self { groups: groups.iter().map(group).collect(), roles: roles.collect() }
    }
}

/// What each role may do, as the rules in force come to it.
#[utoipa::path(
    get, path = "/v1/roles", operation_id = "listRoles", tag = "operate",
    security(("bearer" = []), ("certificate" = []), ("oidc" = [])),
    responses((status = 200, description = "The roles", body = Document)),
)]
pub(super) async fn roles(
    State(service): State<Arc<Service>>,
    Address(address): Address,
    Caller(credential): Caller,
) -> Result<Response, Problem> {
    service.holder.may(&Actor::credential(&credential), address, Duty::PolicyRead).await?;
    // A task of its own, so that the answer is there for the next one who asks if this one does not wait for it.
    let asked = tokio::spawn(service.roles.clone().of(service.holder.rules()));
    let body = asked.await.map_err(|_| Problem::new(Code::Internal))??;
    Ok(json::written(body))
}
