use std::time::Instant;
use crate::bench::*; use crate::sample::{self, patient};
use ihe::message::*; use sqlx::{ConnectOptions, Row};
both_engines! {
  async fn speed(engine) {
    let bench = Bench::open(engine).await;
    for p in 1..=4 { for _ in 0..10 { bench.accept(sample::submission(&patient(p), (0..5).map(|_| sample::entry(&patient(p))).collect())).await; } }
    let t = Instant::now(); let n = 500;
    for _ in 0..n { assert_eq!(bench.documents_of(&patient(1)).await.len(), 50); }
    println!("{engine:?} find 50: {:?}", t.elapsed() / n);
    let t = Instant::now();
    for _ in 0..n { assert_eq!(bench.ids(find_documents(&patient(1), Statuses::Any)).await.len(), 50); }
    println!("{engine:?} refs 50: {:?}", t.elapsed() / n);
    match &bench.place.server { None => {
        let mut c = sqlx::sqlite::SqliteConnectOptions::new().filename(bench.place.dir.path().join("registry.db")).connect().await.unwrap();
        let t = Instant::now();
        for _ in 0..n { let rows = sqlx::query("SELECT id, status, body FROM entry WHERE patient = 1").fetch_all(&mut c).await.unwrap(); assert_eq!(rows.len(), 50); let _ : Vec<Vec<u8>> = rows.iter().map(|r| r.get(2)).collect(); }
        println!("raw 50: {:?}", t.elapsed() / n);
        for r in sqlx::query(sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN SELECT o.id, o.status, o.body, p.merged FROM ({}) AS p JOIN entry AS o ON o.patient = p.seq WHERE 1 = 1 AND o.status = 0", "SELECT seq, CAST(0 AS BIGINT) AS merged FROM patient WHERE value = 'a' AND authority = 'b' AND survivor IS NULL UNION ALL SELECT subsumed.seq, 1 FROM patient AS own JOIN patient AS subsumed ON subsumed.survivor = own.seq WHERE own.value = 'a' AND own.authority = 'b'"))).fetch_all(&mut c).await.unwrap() { println!("{:?}", r.get::<String,_>(3)); }
    } Some(s) => {
        let mut c = <sqlx::postgres::PgConnectOptions as std::str::FromStr>::from_str(&s.url()).unwrap().connect().await.unwrap();
        let t = Instant::now();
        for _ in 0..n { let rows = sqlx::query("SELECT id, status, body FROM entry WHERE patient = 1").fetch_all(&mut c).await.unwrap(); assert_eq!(rows.len(), 50); let _ : Vec<Vec<u8>> = rows.iter().map(|r| r.get(2)).collect(); }
        println!("raw 50: {:?}", t.elapsed() / n);
    } }
    let bench = std::sync::Arc::new(bench);
    let t = Instant::now();
    let mut set = tokio::task::JoinSet::new();
    for w in 0..32u32 { let b = bench.clone(); set.spawn(async move { for _ in 0..30 { b.accept(sample::submission(&patient(1 + w % 4), vec![sample::entry(&patient(1 + w % 4))])).await; } }); }
    set.join_all().await;
    println!("{engine:?} 960 registrations, 32 at once: {:?}", t.elapsed());
    let t = Instant::now();
    for _ in 0..100 { bench.accept(sample::submission(&patient(1), vec![sample::entry(&patient(1))])).await; }
    println!("{engine:?} 100 registrations one by one: {:?}", t.elapsed());
  }
}
