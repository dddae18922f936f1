use std::os::unix::fs::{MetadataExt, PermissionsExt};

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::laws::{self, Ahead, chunks, noise, read, staged};

async fn folder() -> (TempDir, Folder) {
    let dir = tempfile::tempdir().unwrap();
    let folder = open(&dir, Ahead::default()).await;
    (dir, folder)
}

async fn open(dir: &TempDir, clock: Ahead) -> Folder {
    Folder::open(dir.path().join("documents"), Arc::new(clock)).await.unwrap()
}

fn unfinished(dir: &TempDir) -> usize {
    fs::read_dir(dir.path().join("documents/staging")).unwrap().count()
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn any_chunking_gives_the_same_document(
        length in prop_oneof![0..100_usize, 0..3 * BATCH],
        cuts in prop::collection::vec(0..2 * BATCH, 0..12),
    ) {
        runtime().block_on(async {
            let (dir, folder) = folder().await;
            laws::any_chunking_gives_the_same_document(&folder, &noise(length), &cuts).await;
            assert_eq!(unfinished(&dir), 0);
        });
    }
}

#[tokio::test]
async fn a_stream_that_breaks_off_leaves_nothing() {
    let (dir, folder) = folder().await;
    for length in [1, 3 * BATCH] {
        laws::a_stream_that_breaks_off_leaves_nothing(&folder, &noise(length)).await;
    }
    assert_eq!(unfinished(&dir), 0);
}

#[tokio::test]
async fn a_document_over_the_limit_leaves_nothing() {
    let (dir, folder) = folder().await;
    for length in [1, 3 * BATCH] {
        laws::a_document_over_the_limit_leaves_nothing(&folder, &noise(length)).await;
    }
    assert_eq!(unfinished(&dir), 0);
}

#[tokio::test]
async fn a_caller_who_gives_up_leaves_nothing() {
    let (dir, folder) = folder().await;
    let endless = chunks([noise(BATCH)]).chain(stream::pending()).boxed();
    let waiting = tokio::time::timeout(Duration::from_millis(50), folder.stage(endless, u64::MAX));
    assert!(waiting.await.is_err());
    // A write that had begun goes on for a moment in its own thread.
    while unfinished(&dir) > 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn nothing_is_where_nothing_was_stored() {
    let (_dir, folder) = folder().await;
    assert!(folder.open(&[7; 32]).await.unwrap().is_none());
}

#[tokio::test]
async fn a_document_is_at_its_address_and_for_nobody_else_on_the_machine() {
    let (dir, folder) = folder().await;
    folder.stage(chunks(["<ClinicalDocument/>"]), u64::MAX).await.unwrap();
    let path = dir.path().join("documents/e5/1087e000325adba51f8b8c70dd2359b18c939b11b212a0461c2952882895a0");
    assert_eq!(fs::read(&path).unwrap(), b"<ClinicalDocument/>");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::metadata(path.parent().unwrap()).unwrap().permissions().mode() & 0o777, 0o700);
}

#[tokio::test]
async fn octets_that_are_there_are_kept() {
    let (dir, folder) = folder().await;
    let document = noise(1000);
    let first = folder.stage(chunks([document.clone()]), u64::MAX).await.unwrap();
    let inode = fs::metadata(folder.path(&first.content)).unwrap().ino();
    let second = folder.stage(chunks([document]), u64::MAX).await.unwrap();
    assert_eq!(first, second);
    assert_eq!(fs::metadata(folder.path(&first.content)).unwrap().ino(), inode);
    assert_eq!(unfinished(&dir), 0);
}

#[tokio::test]
async fn a_truncated_file_is_replaced_by_the_whole_document() {
    let (_dir, folder) = folder().await;
    let document = noise(1000);
    let address = staged(&document).content;
    fs::write(folder.path(&address), &document[..10]).unwrap();
    folder.stage(chunks([document.clone()]), u64::MAX).await.unwrap();
    assert_eq!(read(&folder, &address).await.unwrap(), document);
}

#[tokio::test]
async fn a_start_removes_what_the_last_run_did_not_finish_and_nothing_else() {
    let (dir, folder) = folder().await;
    let document = noise(1000);
    let kept = folder.stage(chunks([document.clone()]), u64::MAX).await.unwrap();
    fs::write(dir.path().join("documents/staging/0b4b3f0e"), "half a docu").unwrap();
    drop(folder);
    let folder = open(&dir, Ahead::default()).await;
    assert_eq!(unfinished(&dir), 0);
    assert_eq!(read(&folder, &kept.content).await.unwrap(), document);
}

#[tokio::test]
async fn only_old_unfinished_documents_are_swept() {
    let (dir, folder) = folder().await;
    let leave = || fs::write(dir.path().join("documents/staging/0b4b3f0e"), "half a docu").unwrap();
    leave();
    assert_eq!(folder.sweep(Duration::from_secs(3600)).await.unwrap(), 0);
    drop(folder);
    let later = open(&dir, Ahead(Duration::from_secs(7200))).await;
    leave();
    assert_eq!(later.sweep(Duration::from_secs(3600)).await.unwrap(), 1);
    assert_eq!(unfinished(&dir), 0);
}

#[tokio::test]
async fn a_folder_belongs_to_one_process() {
    let (dir, folder) = folder().await;
    fs::write(dir.path().join("documents/staging/0b4b3f0e"), "half a docu").unwrap();
    let again = || Folder::open(dir.path().join("documents"), Arc::new(Ahead::default()));
    let refused = again().await.err().unwrap();
    assert!(refused.detail.contains("another process"), "{refused}");
    assert_eq!(unfinished(&dir), 1, "it belongs to the other one");
    drop(folder);
    again().await.unwrap();
}

#[tokio::test]
async fn what_was_staged_again_is_not_removed() {
    let (_dir, folder) = folder().await;
    let hour = Duration::from_secs(3600);
    let kept = folder.stage(chunks(["refused"]), u64::MAX).await.unwrap();
    let age =
        |content| File::options().write(true).open(folder.path(content)).unwrap().set_modified(SystemTime::UNIX_EPOCH);
    age(&kept.content).unwrap();
    assert_eq!(folder.old(kept.content[0], hour).await.unwrap(), [kept.content]);
    // Between the question to the registry and its answer.
    folder.stage(chunks(["refused"]), u64::MAX).await.unwrap();
    assert!(!folder.remove(&kept.content, hour).await.unwrap());
    age(&kept.content).unwrap();
    assert!(folder.remove(&kept.content, hour).await.unwrap());
    assert!(!folder.remove(&kept.content, hour).await.unwrap());
    assert_eq!(folder.size(&kept.content).await.unwrap(), None);
}

#[tokio::test]
async fn a_file_that_ends_early_is_a_fault_and_not_a_shorter_document() {
    let (_dir, folder) = folder().await;
    let kept = folder.stage(chunks([noise(3 * BATCH)]), u64::MAX).await.unwrap();
    let mut blob = folder.open(&kept.content).await.unwrap().unwrap();
    let first = blob.octets.next().await.unwrap().unwrap();
    File::options().write(true).open(folder.path(&kept.content)).unwrap().set_len(1).unwrap();
    let rest: Vec<_> = blob.octets.collect().await;
    assert_eq!(first.len(), BATCH);
    assert_eq!(rest.last().unwrap().as_ref().unwrap_err().kind, Kind::RepositoryError);
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_not_ready() {
    let (dir, folder) = folder().await;
    folder.ready().await.unwrap();
    assert_eq!(unfinished(&dir), 0);
    fs::remove_dir(dir.path().join("documents/staging")).unwrap();
    assert_eq!(folder.ready().await.unwrap_err().kind, Kind::RepositoryError);
}
