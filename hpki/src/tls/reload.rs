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

/// The current [`Material`], and how to read it again.
pub struct Reloadable {
    config: TlsConfig,
    base: PathBuf,
    now: Now,
    current: RwLock<Arc<Material>>,
    seen: Mutex<Fingerprint>,
}

/// Time of change and size of each file: enough to notice a file that was replaced.
type Fingerprint = BTreeMap<PathBuf, Option<(SystemTime, u64)>>;

impl Reloadable {
    /// Reads everything for the first time.
    pub fn load(config: TlsConfig, base: &Path, now: Now) -> Result<Self, LoadError> {
        let seen = Mutex::new(fingerprint(&config, base));
        let current = RwLock::new(Arc::new(Material::load(&config, base, &now)?));
        Ok(Self { config, base: base.to_owned(), now, current, seen })
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
        let new = Material::load(&self.config, &self.base, &self.now)?;
        let mut current = self.current.write();
        new.trust.succeeds(&current.trust).map_err(LoadError::Setting)?;
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
    let of = |material: &Material| -> BTreeMap<[u8; 32], String> {
        material.trust.authorities().map(|a: &Certificate| (a.sha256, a.subject.to_string())).collect()
    };
    differ(&of(old), &of(new), |name| format!("the authority \"{name}\""), &mut changes);
    let of = |material: &Material| -> BTreeMap<[u8; 32], String> {
        let text = |list: &crate::RevocationList| format!("number {} of \"{}\"", list.number_text(), list.issuer);
        material.trust.lists().map(|list| (list.sha256, text(list))).collect()
    };
    differ(&of(old), &of(new), |name| format!("the revocation list {name}"), &mut changes);
    changes
}

fn differ(
    old: &BTreeMap<[u8; 32], String>,
    new: &BTreeMap<[u8; 32], String>,
    say: impl Fn(&str) -> String,
    changes: &mut Vec<String>,
) {
    changes.extend(new.iter().filter(|(hash, _)| !old.contains_key(*hash)).map(|(_, n)| format!("{} is new", say(n))));
    changes.extend(old.iter().filter(|(hash, _)| !new.contains_key(*hash)).map(|(_, n)| format!("{} is gone", say(n))));
}
