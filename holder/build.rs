//! Tells cargo that a new migration is a reason to build again; `sqlx::migrate!` cannot.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
