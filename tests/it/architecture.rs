//! The shape of the house, held against the crate graph that cargo itself resolves.
//!
//! `deny.toml` holds the outer fences too; only this test knows the arrows between our own crates and what the pure
//! crates reach through others.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Node, NodeDep, PackageId};

/// Every crate of ours, and exactly the crates of ours that it imports.
const ARROWS: &[(&str, &[&str])] = &[
    ("hub", &["console", "gateway", "hl7v2", "hpki", "ihe", "proto", "registry", "repository"]),
    ("gateway", &["hl7v2", "hpki", "ihe", "proto"]),
    ("registry", &["ihe", "proto"]),
    ("repository", &["ihe", "proto"]),
    ("console", &["proto"]),
    ("proto", &["ihe"]),
    ("ihe", &["hl7v2"]),
    ("hpki", &[]),
    ("hl7v2", &[]),
];

/// Crates that know a standard and do no input or output.
const PURE: &[&str] = &["hl7v2", "ihe", "hpki"];

/// What a pure crate never reaches, however indirectly.
const IMPURE: &[&str] = &["tokio", "sqlx", "hyper", "tonic"];

/// Whose product code alone may import what. Tests and benchmarks may: a baseline is measured with the raw library.
const OWNERS: &[(&str, &[&str])] = &[
    ("sqlx", &["registry"]),
    ("tonic", &["hub", "proto"]),
    ("quick-xml", &["ihe"]),
    ("object_store", &["repository"]),
    ("encoding_rs", &["hl7v2"]),
];

#[test]
fn our_crates_import_one_another_along_the_arrows_only() {
    let house = House::read();
    let drawn: BTreeMap<&str, BTreeSet<&str>> =
        ARROWS.iter().map(|(from, to)| (*from, to.iter().copied().collect())).collect();
    let mut violations = Vec::new();
    for from in house.ours() {
        let Some(allowed) = drawn.get(from) else {
            violations
                .push(format!("{from}: a crate without arrows; give it a line in ARROWS and in docs/architecture.md"));
            continue;
        };
        let imports: BTreeSet<&str> = house.imports(from).filter(|name| drawn.contains_key(name)).collect();
        violations.extend(imports.difference(allowed).map(|to| format!("{from} imports {to}: no such arrow")));
        violations
            .extend(allowed.difference(&imports).map(|to| format!("{from} does not import {to}: strike the arrow")));
    }
    assert_eq!(violations, Vec::<String>::new());
}

#[test]
fn nobody_imports_the_hub() {
    let house = House::read();
    let violations: Vec<&str> = house.ours().filter(|from| house.imports(from).any(|to| to == "hub")).collect();
    assert_eq!(violations, Vec::<&str>::new(), "hub composes the others and stands above them");
}

#[test]
fn the_three_roles_meet_in_proto_only() {
    let house = House::read();
    let roles = ["gateway", "registry", "repository"];
    let violations: Vec<String> = roles
        .into_iter()
        .flat_map(|from| house.reaches(from).into_iter().map(move |to| (from, to)))
        .filter(|(from, to)| from != to && roles.contains(to))
        .map(|(from, to)| format!("{from} reaches {to}: roles meet as ports in proto"))
        .collect();
    assert_eq!(violations, Vec::<String>::new());
}

#[test]
fn pure_crates_reach_no_input_or_output() {
    let house = House::read();
    let mut violations = Vec::new();
    for from in PURE {
        let reached = house.reaches(from);
        violations.extend(
            IMPURE
                .iter()
                .filter(|name| reached.contains(*name))
                .map(|name| format!("{from} reaches {name}: it is pure")),
        );
    }
    assert_eq!(violations, Vec::<String>::new());
}

#[test]
fn heavy_dependencies_have_one_owner() {
    let house = House::read();
    let mut violations = Vec::new();
    for (dependency, owners) in OWNERS {
        let importers: BTreeSet<&str> =
            house.ours().filter(|from| house.links(from).any(|to| to == *dependency)).collect();
        violations.extend(
            importers
                .iter()
                .filter(|from| !owners.contains(*from))
                .map(|from| format!("{from} imports {dependency}: only {} may", owners.join(" and "))),
        );
        if importers.is_empty() {
            violations.push(format!("{dependency}: nobody imports it any more; strike the rule"));
        }
    }
    assert_eq!(violations, Vec::<String>::new());
}

/// The resolved graph, by crate name.
struct House {
    metadata: Metadata,
    names: BTreeMap<PackageId, String>,
}

impl House {
    fn read() -> Self {
        // Offline and for this machine only: everything it asks for was there when this test was compiled.
        let options = ["--locked", "--offline", "--filter-platform", "host-tuple"].map(str::to_owned);
        let metadata = MetadataCommand::new()
            .manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml"))
            .other_options(options.to_vec())
            .exec()
            .expect("cargo metadata describes the workspace");
        let names = metadata.packages.iter().map(|package| (package.id.clone(), package.name.to_string())).collect();
        Self { metadata, names }
    }

    fn ours(&self) -> impl Iterator<Item = &str> {
        self.metadata.workspace_members.iter().map(|id| self.name(id))
    }

    /// What a crate of ours imports itself, for whatever kind of use: product, test or build.
    fn imports(&self, from: &str) -> impl Iterator<Item = &str> {
        self.node(self.our(from)).deps.iter().map(|dep| self.name(&dep.pkg))
    }

    /// What the product code of a crate of ours imports itself.
    fn links(&self, from: &str) -> impl Iterator<Item = &str> {
        self.node(self.our(from)).deps.iter().filter(|dep| is_linked(dep)).map(|dep| self.name(&dep.pkg))
    }

    /// What the product code of a crate of ours pulls in, through any number of others.
    fn reaches(&self, from: &str) -> BTreeSet<&str> {
        let start = self.our(from);
        let mut seen = BTreeSet::from([start]);
        let mut open = vec![start];
        while let Some(id) = open.pop() {
            for dep in &self.node(id).deps {
                if is_linked(dep) && seen.insert(&dep.pkg) {
                    open.push(&dep.pkg);
                }
            }
        }
        seen.into_iter().map(|id| self.name(id)).collect()
    }

    fn our(&self, name: &str) -> &PackageId {
        self.metadata.workspace_members.iter().find(|id| self.name(id) == name).expect("a crate of ours")
    }

    fn node(&self, id: &PackageId) -> &Node {
        let nodes = &self.metadata.resolve.as_ref().expect("a resolved graph").nodes;
        nodes.iter().find(|node| node.id == *id).expect("a node for every package")
    }

    fn name(&self, id: &PackageId) -> &str {
        &self.names[id]
    }
}

/// Whether it becomes part of the product.
fn is_linked(dep: &NodeDep) -> bool {
    dep.dep_kinds.iter().any(|kind| kind.kind == DependencyKind::Normal)
}
