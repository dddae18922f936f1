//! How a journey runs: on a runtime of its own, so that its log lines can be told from those of the other tests.

use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::log;
use super::region::{Region, Shape, Store};

/// A journey that is not over by then hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs a journey, then holds its log lines against what it declared with [`log::expect`].
pub(crate) fn journey<F>(steps: F)
where
    F: Future<Output = ()> + Send + 'static,
{
    static NEXT: AtomicUsize = AtomicUsize::new(1);
    log::install();
    let name = format!("journey-{}", NEXT.fetch_add(1, Ordering::Relaxed));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name(&name)
        .enable_all()
        .build()
        .expect("a runtime");
    // Spawned, so that nothing of it runs on the test's own thread, which has another name.
    let ended = runtime.block_on(async { tokio::time::timeout(PATIENCE, tokio::spawn(steps)).await });
    runtime.shutdown_timeout(Duration::from_secs(5));
    match ended {
        Ok(Ok(())) => log::check(&name),
        Ok(Err(failed)) => resume_unwind(failed.into_panic()),
        Err(_) => panic!("the journey hangs; its log:\n{}", log::of(&name)),
    }
}

/// Runs a journey over a region of this shape, and stops the region.
pub(crate) fn over<J, F>(shape: Shape, store: Store, steps: J)
where
    J: FnOnce(Arc<Region>) -> F + Send + 'static,
    F: Future<Output = ()> + Send,
{
    journey(async move {
        let region = Arc::new(Region::start(shape, store).await);
        steps(Arc::clone(&region)).await;
        Arc::into_inner(region).expect("the journey has let go of its region").stop().await;
    });
}

/// Writes a test for each shape and store: `in_every_shape! { async fn name(region) { … } }`.
macro_rules! in_every_shape {
    ($(async fn $name:ident($region:ident) $body:block)*) => {
        $(
            mod $name {
                use super::*;
                use crate::harness::journey::over;
                use crate::harness::region::{Shape, Store};

                async fn steps($region: std::sync::Arc<crate::harness::region::Region>) $body

                #[test]
                fn in_one_process_on_sqlite() {
                    over(Shape::OneProcess, Store::Sqlite, steps);
                }

                #[test]
                fn in_one_process_on_postgresql() {
                    over(Shape::OneProcess, Store::Postgresql, steps);
                }

                #[test]
                fn in_split_roles_on_sqlite() {
                    over(Shape::SplitRoles, Store::Sqlite, steps);
                }

                #[test]
                fn in_split_roles_on_postgresql() {
                    over(Shape::SplitRoles, Store::Postgresql, steps);
                }
            }
        )*
    };
}
pub(crate) use in_every_shape;
