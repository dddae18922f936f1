//! Refusals that come in masses: the number of records is limited, the number of refusals that they stand for is exact.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};

use hpki::tls::Refused;

use crate::rooms::network;

/// Records of one certificate, or of none, from one address, in a minute.
const CERTIFICATE: u32 = 10;
/// Records of one reason from one address, whatever the certificates, in a minute.
const SOURCE: u32 = 30;
/// Records that are written at once, in a minute. Also the number of sources that are told apart.
const ALL: usize = 300;

/// The refusals of this minute.
#[derive(Default)]
pub(crate) struct Flood {
    recorded: usize,
    certificates: HashMap<(IpAddr, &'static str, Option<Box<str>>), u32>,
    sources: HashMap<(IpAddr, &'static str), Source>,
    /// Once there are too many sources, by reason alone.
    elsewhere: HashMap<&'static str, Unsaid>,
}

#[derive(Default)]
struct Source {
    recorded: u32,
    unsaid: Option<Unsaid>,
}

/// Refusals that no record stands for yet.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unsaid {
    /// The first of them.
    pub(crate) refused: Refused,
    /// Where the first came from; unspecified if they came from everywhere.
    pub(crate) from: SocketAddr,
    /// Where it came in.
    pub(crate) here: SocketAddr,
    /// How many they are.
    pub(crate) times: u64,
}

impl Flood {
    /// Whether this refusal gets a record of its own, now. If not, the next [`Self::turn`] counts it.
    pub(crate) fn admits(&mut self, refused: &Refused, from: SocketAddr, here: SocketAddr) -> bool {
        let (network, reason) = (network(from.ip()), refused.refusal.reason());
        let unsaid = |from| Unsaid { refused: refused.clone(), from, here, times: 0 };
        if self.sources.len() >= ALL && !self.sources.contains_key(&(network, reason)) {
            let everywhere = SocketAddr::from(([0, 0, 0, 0], 0));
            self.elsewhere.entry(reason).or_insert_with(|| unsaid(everywhere)).times += 1;
            return false;
        }
        let source = self.sources.entry((network, reason)).or_default();
        if self.recorded < ALL && source.recorded < SOURCE {
            let certificate = self.certificates.entry((network, reason, refused.sha256.clone())).or_default();
            if *certificate < CERTIFICATE {
                *certificate += 1;
                source.recorded += 1;
                self.recorded += 1;
                return true;
            }
        }
        source.unsaid.get_or_insert_with(|| unsaid(from)).times += 1;
        false
    }

    /// Ends the minute: what of it is still to be recorded.
    pub(crate) fn turn(&mut self) -> impl Iterator<Item = Unsaid> + use<> {
        let Self { sources, elsewhere, .. } = std::mem::take(self);
        sources.into_values().filter_map(|source| source.unsaid).chain(elsewhere.into_values())
    }
}

#[cfg(test)]
mod tests {
    use hpki::Refusal;

    use super::*;

    const HERE: ([u8; 4], u16) = ([198, 51, 100, 1], 8443);

    fn refused(certificate: u32) -> Refused {
        let mut refused = Refused::new(Refusal::UnregisteredPeer, None);
        refused.sha256 = Some(format!("{certificate:064x}").into());
        refused
    }

    fn from(host: u32) -> SocketAddr {
        SocketAddr::from((host.to_be_bytes(), 40_000))
    }

    /// How many records a minute of these has at once, and for how many each later record stands.
    fn minute(flood: &mut Flood, refusals: impl Iterator<Item = (u32, u32)>) -> (usize, Vec<u64>) {
        let at_once = refusals.filter(|(c, host)| flood.admits(&refused(*c), from(*host), HERE.into())).count();
        (at_once, flood.turn().map(|unsaid| unsaid.times).collect())
    }

    #[test]
    fn the_same_refusal_again_and_again_is_recorded_once_more_a_minute_and_none_is_lost() {
        let mut flood = Flood::default();
        assert_eq!(minute(&mut flood, (0..100).map(|_| (1, 1))), (10, vec![90]));
        assert_eq!(minute(&mut flood, (0..11).map(|_| (1, 1))), (10, vec![1]));
        assert_eq!(minute(&mut flood, (0..0).map(|_| (1, 1))), (0, vec![]));
    }

    #[test]
    fn a_new_certificate_each_time_does_not_lift_the_limit_of_its_address() {
        assert_eq!(minute(&mut Flood::default(), (0..5000).map(|n| (n, 1))), (30, vec![4970]));
    }

    #[test]
    fn a_new_address_each_time_does_not_lift_the_limit_of_all() {
        let mut flood = Flood::default();
        let (at_once, later) = minute(&mut flood, (0..100_000).map(|n| (n, n)));
        assert_eq!((at_once, later), (300, vec![99_700]));
    }

    #[test]
    fn the_tables_stay_small() {
        let mut flood = Flood::default();
        for n in 0..100_000 {
            flood.admits(&refused(n), from(n), HERE.into());
            flood.admits(&refused(n), from(n % 7), HERE.into());
        }
        assert!(flood.certificates.len() <= ALL && flood.sources.len() <= ALL && flood.elsewhere.len() == 1);
    }

    #[test]
    fn a_record_of_many_names_the_first_of_them() {
        let mut flood = Flood::default();
        for n in 0..40 {
            flood.admits(&refused(n), from(7), HERE.into());
        }
        let unsaid = Unsaid { refused: refused(30), from: from(7), here: HERE.into(), times: 10 };
        assert_eq!(flood.turn().collect::<Vec<_>>(), [unsaid]);
    }
}
