//! The shop's small copy of the catalogue of kinds agrees with the catalogue.

use fieldseal::kind::Kind;
use fieldseal_demo::token::class_of;

#[test]
fn every_kind_has_its_class() {
    for kind in Kind::all() {
        assert_eq!(class_of(kind.as_str()), kind.class().as_str(), "{}", kind.as_str());
    }
}
