//! New files take effect without a restart; bad ones change nothing.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use parking_lot::{Mutex, RwLock};

use super::load::{self, LoadError};
use super::{Material, Now, TlsConfig};
use crate::certificate::Certificate;
use crate::trust::{AnchorUse, Trust};

/// The current [`Material`], and how to read it again.
pub struct Reloadable {
    config: TlsConfig,
    base: PathBuf,
    now: Now,
    condition: Option<Condition>,
    current: RwLock<Arc<Material>>,
    seen: Mutex<Fingerprint>,
}

/// What a new generation must fulfil besides; the error says what is wrong and what to do.
pub type Condition = Box<dyn Fn(&Trust) -> Result<(), String> + Send + Sync>;

/// Time of change and size of each file: enough to notice a file that was replaced.
type Fingerprint = BTreeMap<PathBuf, Option<(SystemTime, u64)>>;

impl Reloadable {
    /// Reads everything for the first time.
    pub fn load(config: TlsConfig, base: &Path, now: Now) -> Result<Self, LoadError> {
        let seen = Mutex::new(fingerprint(&config, base));
        let current = RwLock::new(Arc::new(Material::load(&config, base, &now)?));
        Ok(Self { config, base: base.to_owned(), now, condition: None, current, seen })
    }

    /// Puts a condition on every later generation: what holds today must not be undone by new files.
    #[must_use]
    pub fn provided(mut self, condition: Condition) -> Self {
        self.condition = Some(condition);
        self
    }

    /// The generation in use. Take it once per connection.
    pub fn current(&self) -> Arc<Material> {
        Arc::clone(&self.current.read())
    }

    /// The files that changed, came or went since they were last read.
    pub fn changed_files(&self) -> Vec<PathBuf> {
        let new = fingerprint(&self.config, &self.base);
        let old = self.seen.lock();
        let came_or_changed = new.iter().filter(|(path, stamp)| old.get(*path) != Some(*stamp)).map(|(path, _)| path);
        let went = old.keys().filter(|path| !new.contains_key(*path));
        came_or_changed.chain(went).cloned().collect()
    }

    /// Reads everything again and says what changed, one sentence each. Nothing changed: the sessions live on.
    ///
    /// An error says why the old generation stays. The same files are not tried twice: [`Self::changed_files`] is empty
    /// until one changes again.
    pub fn reload(&self) -> Result<Vec<String>, LoadError> {
        *self.seen.lock() = fingerprint(&self.config, &self.base);
        let mut new = Material::load(&self.config, &self.base, &self.now)?;
        if let Some(condition) = &self.condition {
            condition(&new.trust).map_err(LoadError::Setting)?;
        }
        let mut current = self.current.write();
        Arc::make_mut(&mut new.trust).succeed(&current.trust).map_err(LoadError::Setting)?;
        let changes = changes(&current, &new);
        if !changes.is_empty() {
            *current = Arc::new(new);
        }
        Ok(changes)
    }
}

fn fingerprint(config: &TlsConfig, base: &Path) -> Fingerprint {
    let mut seen = Fingerprint::new();
    for path in config.paths() {
        let path = base.join(path);
        // What cannot be listed shows when it is read.
        for file in load::list_files(&path).unwrap_or_default() {
            let stamp = fs::metadata(&file).ok().and_then(|meta| Some((meta.modified().ok()?, meta.len())));
            seen.insert(file, stamp);
        }
    }
    seen
}

fn changes(old: &Material, new: &Material) -> Vec<String> {
    let mut changes = Vec::new();
    let own = [("our certificate", &old.server, &new.server), ("our client certificate", &old.client, &new.client)];
    for (what, old, new) in own {
        if old.certified.cert != new.certified.cert {
            changes.push(format!("{what} is now valid until {}", new.certificate.not_after.date()));
        }
    }
    differ(&authorities(&old.trust), &authorities(&new.trust), |name| format!("the authority {name}"), &mut changes);
    let of = |material: &Material| -> BTreeMap<[u8; 32], String> {
        let text = |list: &crate::RevocationList| format!("number {} of \"{}\"", list.number_text(), list.issuer);
        material.trust.lists().map(|list| (list.sha256, text(list))).collect()
    };
    differ(&of(old), &of(new), |name| format!("the revocation list {name}"), &mut changes);
    changes
}

/// The authorities by what they are trusted for: one that moves from one list to another is another one.
fn authorities(trust: &Trust) -> BTreeMap<([u8; 32], &'static str), String> {
    let key = |anchor_use| match anchor_use {
        AnchorUse::Healthcare => "anchors",
        AnchorUse::Servers => "server_anchors",
    };
    let anchors = trust.anchors.iter().map(|anchor| (&anchor.certificate, key(anchor.anchor_use)));
    let issuers = trust.issuers.iter().map(|issuer| (issuer, "issuers"));
    let named = |(a, key): (&Certificate, &'static str)| ((a.sha256, key), format!("\"{}\" in {key}", a.subject));
    anchors.chain(issuers).map(named).collect()
}

fn differ<K: Ord>(
    old: &BTreeMap<K, String>,
    new: &BTreeMap<K, String>,
    say: impl Fn(&str) -> String,
    changes: &mut Vec<String>,
) {
    changes.extend(new.iter().filter(|(key, _)| !old.contains_key(*key)).map(|(_, n)| format!("{} is new", say(n))));
    changes.extend(old.iter().filter(|(key, _)| !new.contains_key(*key)).map(|(_, n)| format!("{} is gone", say(n))));
}
