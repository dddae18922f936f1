//! The messages and services of `proto/musubi/v1`, as generated.
#![expect(unreachable_pub, unused_qualifications, clippy::all, clippy::too_many_lines, reason = "generated")]

tonic::include_proto!("musubi.v1");
