//! What to mint: the certificates of a test HPKI, good ones and bad ones.

use super::der::Japanese;

/// The certificates under one set of authorities.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// Each becomes `<file>.pem` (with its issuer's certificate) and `<file>.key`.
    pub leaves: Vec<Leaf>,
}

/// One certificate.
#[derive(Clone, Debug)]
pub struct Leaf {
    /// Path in the minted folder, without extension: `hub` or `okayama/his`.
    pub file: String,
    /// What it is for.
    pub profile: Profile,
    /// What is wrong with it.
    pub flaw: Flaw,
}

/// What a certificate is for, and whom it names.
#[derive(Clone, Debug)]
pub enum Profile {
    /// An ordinary TLS server, under the server authority.
    Server {
        /// The subject's CN and O.
        name: String,
        /// DNS names and IP addresses.
        hosts: Vec<String>,
    },
    /// 認証用(組織): a system that calls, and may be called.
    Organisation {
        /// The subject's O, in English or romaji.
        organisation: String,
        /// The subject's CN: the system.
        common_name: String,
        /// The subject's serialNumber: the institution's number.
        number: String,
        /// The institution's Japanese name.
        japanese: Option<Japanese>,
    },
    /// 認証用(人): a person who logs in.
    Person {
        /// The subject's CN, in romaji.
        common_name: String,
        /// The subject's serialNumber.
        number: String,
        /// Licensed roles as the certificate policy spells them: "Medical Doctor".
        roles: Vec<String>,
        /// The Japanese name.
        japanese: Option<Japanese>,
    },
}

/// What is wrong with a certificate, for tests that it is refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Flaw {
    /// Nothing.
    #[default]
    None,
    /// It ended a year ago.
    Expired,
    /// It begins in a year.
    NotYetValid,
    /// It is on its authority's revocation list.
    Revoked,
    /// It signed itself.
    SelfSigned,
    /// It carries another policy.
    WrongPolicy,
}

impl Leaf {
    /// A server's certificate for these names and for this machine.
    pub fn server(file: impl Into<String>, name: &str, hosts: &[String]) -> Self {
        let local = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
        let hosts = local.into_iter().chain(hosts.iter().cloned()).collect();
        Self::new(file, Profile::Server { name: name.to_owned(), hosts })
    }

    /// The certificate of an organisation's system.
    pub fn organisation(file: impl Into<String>, organisation: &str, common_name: &str, number: &str) -> Self {
        let (organisation, common_name) = (organisation.to_owned(), common_name.to_owned());
        let number = number.to_owned();
        Self::new(file, Profile::Organisation { organisation, common_name, number, japanese: None })
    }

    /// The certificate of a person with one licensed role.
    pub fn person(file: impl Into<String>, common_name: &str, number: &str, role: &str) -> Self {
        let (common_name, number) = (common_name.to_owned(), number.to_owned());
        Self::new(file, Profile::Person { common_name, number, roles: vec![role.to_owned()], japanese: None })
    }

    fn new(file: impl Into<String>, profile: Profile) -> Self {
        Self { file: file.into(), profile, flaw: Flaw::None }
    }

    /// With the holder's name in Japanese.
    #[must_use]
    pub fn in_japanese(mut self, organisation: &str, person: Option<&str>) -> Self {
        let name = Japanese { organisation: organisation.to_owned(), person: person.map(str::to_owned) };
        match &mut self.profile {
            Profile::Organisation { japanese, .. } | Profile::Person { japanese, .. } => *japanese = Some(name),
            Profile::Server { .. } => {}
        }
        self
    }

    /// With something wrong.
    #[must_use]
    pub fn flawed(mut self, flaw: Flaw) -> Self {
        self.flaw = flaw;
        self
    }
}

impl Plan {
    /// What one region needs, in this folder of the minted set (empty: at its top): `hub` for its listeners,
    /// `organisation` to call other regions with, `his` for a hospital's system.
    pub fn region(folder: &str, name: &str, hosts: &[String]) -> Self {
        let file = |leaf: &str| if folder.is_empty() { leaf.to_owned() } else { format!("{folder}/{leaf}") };
        let title = title(name);
        let network = format!("{title} Regional Health Network (TEST)");
        let hospital = format!("{title} Test Hospital");
        let number = name.to_uppercase();
        Self {
            leaves: vec![
                Leaf::server(file("hub"), &format!("{name}.test-hpki.example"), hosts),
                Leaf::organisation(file("organisation"), &network, &format!("{name} hub"), &format!("{number}-HUB")),
                Leaf::organisation(file("his"), &hospital, &format!("{name} HIS"), &format!("{number}-HIS")),
            ],
        }
    }

    /// Certificates that a hub must refuse, and one of a doctor, in this folder.
    pub fn refused(folder: &str) -> Self {
        let bad = |file: &str, flaw| {
            let number = format!("BAD-{}", file.to_uppercase());
            Leaf::organisation(format!("{folder}/{file}"), "Impostor Clinic (TEST)", file, &number).flawed(flaw)
        };
        Self {
            leaves: vec![
                bad("expired", Flaw::Expired),
                bad("not-yet-valid", Flaw::NotYetValid),
                bad("revoked", Flaw::Revoked),
                bad("self-signed", Flaw::SelfSigned),
                bad("wrong-policy", Flaw::WrongPolicy),
                Leaf::person(format!("{folder}/person"), "Ichiro Shiken", "T000001", "Medical Doctor")
                    .in_japanese("あけぼの総合病院", Some("試験　一郎")),
            ],
        }
    }

    /// Both plans under one set of authorities.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.leaves.extend(other.leaves);
        self
    }
}

/// "okayama" → "Okayama".
fn title(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
