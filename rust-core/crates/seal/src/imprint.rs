//! The imprint: one hash over what a deployment is.
//!
//! SHA-256 over `"PAYIMP\0\1"` and the deterministic CBOR of a map with thirteen facts. The deployment carries that map as it was
//! when it was sealed (the manifest); the core puts in the place of every fact that can be seen what it sees, and hashes that. So
//! a fact that has changed gives another imprint, under which nothing opens, and the manifest says which fact it was.
//!
//! Everything that is seen comes through JavaScript. An imprint is a tripwire and a binding, and no attestation: whoever can
//! deploy code can hand over any fact (SECURITY.md).

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use sha2::{Digest, Sha256};

use crate::cbor::Value;

const DOMAIN: &[u8] = b"PAYIMP\0\x01";
const FORMAT: u64 = 1;

/// What was true when the deployment was sealed. Keys 1 to 13 of the map, in this order after the format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// 2, declared: chosen at `init`.
    pub project: String,
    /// 3, observed as a var.
    pub environment: String,
    /// 4, observed as a var.
    pub worker: String,
    /// 5, observed: the tag of the version, a digest of the sources.
    pub version_tag: String,
    /// 6, claimed: the hosts that callbacks come in by. The edge says by which one did.
    pub inbound_hosts: Vec<String>,
    /// 7, enforced: the core builds requests to these origins and to no other.
    pub outbound_origins: Vec<String>,
    /// 8, observed: name and JavaScript type of every binding that is needed.
    pub bindings: Vec<(String, String)>,
    /// 9, observed: each plain var, and SHA-256 of its value.
    pub vars: Vec<(String, [u8; 32])>,
    /// 10, observed: SHA-256 of vault.wasm.
    pub module: [u8; 32],
    /// 11, checked once open: SHA-256 of the program; empty when there is none.
    pub program: Vec<u8>,
    /// 12, declared: compatibility date and flags. Nothing in a Worker can read them.
    pub compatibility: Vec<String>,
    /// 13: the epoch in the head of the blob.
    pub epoch: u32,
}

/// What can be seen from inside.
pub struct Seen {
    pub version_tag: String,
    /// Name and JavaScript type of each binding.
    pub bindings: Vec<(String, String)>,
    pub vars: Vec<(String, String)>,
    pub module: [u8; 32],
}

/// The vars whose values are facts of their own.
pub const ENVIRONMENT_VAR: &str = "LANGO_ENVIRONMENT";
pub const WORKER_VAR: &str = "LANGO_WORKER_NAME";

impl Facts {
    /// The manifest of a deployment; `None` when it is not one.
    #[must_use]
    pub fn parse(manifest: &[u8]) -> Option<Self> {
        let map = Value::parse(manifest)?;
        let text = |key| map.get(key)?.text().map(String::from);
        let texts = |key| map.get(key)?.texts();
        if map.get(1)?.uint()? != FORMAT {
            return None;
        }
        let facts = Self {
            project: text(2)?,
            environment: text(3)?,
            worker: text(4)?,
            version_tag: text(5)?,
            inbound_hosts: texts(6)?,
            outbound_origins: texts(7)?,
            bindings: pairs(map.get(8)?, |kind| kind.text().map(String::from))?,
            vars: pairs(map.get(9)?, |digest| digest.bytes()?.try_into().ok())?,
            module: map.get(10)?.bytes()?.try_into().ok()?,
            program: map.get(11)?.bytes().filter(|id| matches!(id.len(), 0 | 32))?.to_vec(),
            compatibility: texts(12)?,
            epoch: u32::try_from(map.get(13)?.uint()?).ok()?,
        };
        // Whatever else was in there would not be hashed.
        (facts.encode() == manifest).then_some(facts)
    }

    /// The map as it is hashed.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let text = |text: &String| Value::Text(text.clone());
        let texts = |items: &[String]| Value::Array(items.iter().map(text).collect());
        let bindings = self.bindings.iter().map(|(name, kind)| Value::Array([text(name), text(kind)].into()));
        let vars =
            self.vars.iter().map(|(name, digest)| Value::Array([text(name), Value::Bytes(digest.to_vec())].into()));
        Value::Map(Vec::from([
            (1, Value::Uint(FORMAT)),
            (2, text(&self.project)),
            (3, text(&self.environment)),
            (4, text(&self.worker)),
            (5, text(&self.version_tag)),
            (6, texts(&self.inbound_hosts)),
            (7, texts(&self.outbound_origins)),
            (8, Value::Array(bindings.collect())),
            (9, Value::Array(vars.collect())),
            (10, Value::Bytes(self.module.to_vec())),
            (11, Value::Bytes(self.program.clone())),
            (12, texts(&self.compatibility)),
            (13, Value::Uint(u64::from(self.epoch))),
        ]))
        .encode()
    }

    #[must_use]
    pub fn imprint(&self) -> [u8; 32] {
        Sha256::new().chain_update(DOMAIN).chain_update(self.encode()).finalize().into()
    }

    /// The facts with what is seen in the place of what was sealed. A var or a binding that is not there is left out.
    #[must_use]
    pub fn as_seen(&self, seen: &Seen, epoch: u32) -> Self {
        let var = |name: &str| seen.vars.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let kind = |name: &str| seen.bindings.iter().find(|(known, _)| known == name).map(|(_, kind)| kind.clone());
        Self {
            environment: var(ENVIRONMENT_VAR).unwrap_or_default().into(),
            worker: var(WORKER_VAR).unwrap_or_default().into(),
            version_tag: seen.version_tag.clone(),
            bindings: self.bindings.iter().filter_map(|(name, _)| Some((name.clone(), kind(name)?))).collect(),
            vars: self.vars.iter().filter_map(|(name, _)| Some((name.clone(), digest(var(name)?)))).collect(),
            module: seen.module,
            epoch,
            ..self.clone()
        }
    }

    /// The value of a var that is among the facts.
    #[must_use]
    pub fn var<'a>(&self, seen: &'a Seen, name: &str) -> Option<&'a str> {
        self.vars.iter().find(|(known, _)| known == name)?;
        seen.vars.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The names of what differs, for the log of whoever runs the deployment. Never a value.
    #[must_use]
    pub fn differences(&self, seen: &Self) -> Vec<String> {
        let mut names = Vec::new();
        let mut note = |name: &str, same: bool| {
            if !same {
                names.push(name.into());
            }
        };
        note("environment", self.environment == seen.environment);
        note("worker", self.worker == seen.worker);
        note("versionTag", self.version_tag == seen.version_tag);
        note("module", self.module == seen.module);
        note("epoch", self.epoch == seen.epoch);
        for sealed in &self.bindings {
            note(&format!("binding {}", sealed.0), seen.bindings.contains(sealed));
        }
        for sealed in &self.vars {
            note(&format!("var {}", sealed.0), seen.vars.contains(sealed));
        }
        names
    }
}

fn digest(value: &str) -> [u8; 32] {
    Sha256::digest(value).into()
}

fn pairs<T>(list: &Value, second: impl Fn(&Value) -> Option<T>) -> Option<Vec<(String, T)>> {
    list.array()?
        .iter()
        .map(|pair| match pair.array()? {
            [name, value] => Some((name.text()?.into(), second(value)?)),
            _ => None,
        })
        .collect()
}
