//! Compiles the .proto files, in Rust: no `protoc` needs to be installed.

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=proto");
    let files = ["registry", "identities", "repository"].map(|service| format!("proto/musubi/v1/{service}.proto"));
    let descriptors = protox::compile(files, ["proto"])?;
    tonic_prost_build::configure().bytes(".").build_transport(false).compile_fds(descriptors)?;
    Ok(())
}
