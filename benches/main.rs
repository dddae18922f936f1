//! What the hub reaches on this machine, beside what the machine itself can do in the same minutes.

use hub as _;

fn main() {}
