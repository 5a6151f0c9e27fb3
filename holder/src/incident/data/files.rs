//! The files that are built in.

macro_rules! files {
    ($($name:literal,)*) => {
        /// The name and the text of each.
        pub(super) const FILES: &[(&str, &str)] =
            &[$(($name, include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/incident/", $name))),)*];
    };
}

files! {
    "notice.html",
    "organisation.json",
    "protect.json",
    "regions.json",
    "report.css",
    "report.html",
    "duties/ccpa.json",
    "duties/ftc.json",
    "duties/gdpr.json",
    "duties/hipaa.json",
    "duties/pci-dss.json",
    "duties/uk-gdpr.json",
    "duties/us-states.json",
    "notices/acquirer.de.txt",
    "notices/acquirer.en.txt",
    "notices/acquirer.es.txt",
    "notices/acquirer.fr.txt",
    "notices/authority.de.txt",
    "notices/authority.en.txt",
    "notices/authority.es.txt",
    "notices/authority.fr.txt",
    "notices/media.de.txt",
    "notices/media.en.txt",
    "notices/media.es.txt",
    "notices/media.fr.txt",
    "notices/staff.de.txt",
    "notices/staff.en.txt",
    "notices/staff.es.txt",
    "notices/staff.fr.txt",
    "notices/subjects.de.txt",
    "notices/subjects.en.txt",
    "notices/subjects.es.txt",
    "notices/subjects.fr.txt",
    "words/de.json",
    "words/en.json",
    "words/es.json",
    "words/fr.json",
}
