//! People who are registered by a server, and erased.

use crate::support::Place;
use fieldseal_client::Error;

#[tokio::test]
async fn people_are_registered_and_erased_by_those_who_may() {
    let place = Place::new();
    let site = place.credential("site", &["--role", "registrar"]);
    let officer = place.credential("officer", &["--role", "privacy-officer"]);
    let (site, officer) = (place.client().with_credential(site), place.client().with_credential(officer));
    for id in ["p-1f0c", "u/17 ä&?#%2F"] {
        let made = site.register_subject(id).await.unwrap();
        assert_eq!((made.id.as_str(), made.keys, made.erased), (id, 1, None));
        assert_eq!(site.register_subject(id).await.unwrap(), made);
        assert_eq!(officer.subject(id).await.unwrap(), made);
        let refused = site.erase_subject(id, None).await.unwrap_err();
        assert_eq!(refused.code(), Some("not-allowed"));

        let erased = officer.erase_subject(id, Some("asked")).await.unwrap();
        assert!(erased.erased >= Some(made.created) && erased.receipt.is_some());
        assert_eq!(officer.erase_subject(id, None).await.unwrap(), erased);
        assert_eq!(officer.subject(id).await.unwrap(), erased);
        let refused = site.register_subject(id).await.unwrap_err();
        assert!(matches!(&refused, Error::Problem { code, status: 410, .. } if code == "subject-erased"));
    }
    assert_eq!(officer.subject("nobody").await.unwrap_err().code(), Some("subject-unknown"));
    assert_eq!(site.register_subject("a\nb").await.unwrap_err().code(), Some("subject-invalid"));
    for id in ["", ".", ".."] {
        assert!(matches!(officer.erase_subject(id, None).await, Err(Error::Option("id"))));
    }
}
