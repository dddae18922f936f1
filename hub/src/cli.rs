//! The command line: every command says what it does, shows an example, and exits 0 only when it did it.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::{Config, Role};
use crate::{bench, certs, check, client, database, demo, log, serve};

/// Musubi (結び): the hub by which a regional medical network joins the national network.
/// 地域医療情報ネットワークを全国保健医療情報ネットワークに結ぶハブ。
#[derive(Debug, Parser)]
#[command(name = "musubi", version, arg_required_else_help = true, propagate_version = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a hub (or some of its roles) / ハブを起動する
    #[command(
        after_help = "Example:\n  musubi serve --config okayama/musubi.toml\n  musubi serve --config musubi.toml --role registry,repository"
    )]
    Serve(Serve),
    /// Show the whole thing on this machine: three regions, patients, documents / この端末で三地域のデモを動かす
    #[command(after_help = "Example:\n  musubi demo --dir demo\n  musubi demo --dir demo --once")]
    Demo(demo::Args),
    /// Check configuration, certificates, database, document store, ports, clock / 設定と環境を点検する
    #[command(after_help = "Example:\n  musubi check --config musubi.toml")]
    Check(OneConfig),
    /// Ask a registry which documents a patient has (ITI-18) / 患者の文書を問い合わせる
    #[command(after_help = client::QUERY_EXAMPLE)]
    Query(client::QueryArgs),
    /// Fetch a document (ITI-43) / 文書を取得する
    #[command(after_help = client::RETRIEVE_EXAMPLE)]
    Retrieve(client::RetrieveArgs),
    /// Make, issue and read certificates / 証明書を作る・読む
    #[command(
        after_help = "Example:\n  musubi certs mint --dir certs --name okayama\n  musubi certs inspect certs/hub.pem"
    )]
    Certs(certs::Args),
    /// Bring the registry's database to this version's schema / データベースを移行する
    #[command(
        after_help = "Example:\n  musubi migrate --config musubi.toml --dry-run\n  musubi migrate --config musubi.toml"
    )]
    Migrate(database::MigrateArgs),
    /// Write the registry into one file while the hub runs / レジストリをバックアップする
    #[command(after_help = "Example:\n  musubi backup --config musubi.toml --to registry-20260401.backup")]
    Backup(database::BackupArgs),
    /// Fill an empty registry from a backup / バックアップからレジストリを復元する
    #[command(after_help = "Example:\n  musubi restore --config new/musubi.toml --from registry-20260401.backup")]
    Restore(database::RestoreArgs),
    /// Prepare measurements / 計測の準備
    #[command(after_help = "Example:\n  musubi bench seed --config bench/musubi.toml --documents 1000000")]
    Bench(bench::Args),
    /// Print the transactions that this hub serves, as docs/transactions.md / 対応トランザクションの一覧
    #[command(hide = true)]
    Transactions,
}

#[derive(Debug, clap::Args)]
struct Serve {
    /// The configuration file.
    #[arg(long, value_name = "FILE", default_value = "musubi.toml")]
    config: PathBuf,
    /// Which roles this process runs; the file says when this does not.
    #[arg(long, value_name = "ROLES", value_delimiter = ',')]
    role: Option<Vec<Role>>,
}

#[derive(Debug, clap::Args)]
struct OneConfig {
    /// The configuration file.
    #[arg(long, value_name = "FILE", default_value = "musubi.toml")]
    config: PathBuf,
}

/// Runs the command that was given.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli.command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("musubi: {}", sentence(&error));
            ExitCode::FAILURE
        }
    }
}

/// An error with its causes, as one sentence.
pub(crate) fn sentence(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain() {
        let cause = cause.to_string();
        // Some causes repeat what stands before them.
        if !text.contains(&cause) {
            if !text.is_empty() {
                text.push_str(": ");
            }
            text.push_str(&cause.trim_end().replace('\n', " "));
        }
    }
    text
}

fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Serve(args) => {
            let mut config = Config::load(&args.config)?;
            if let Some(roles) = args.role {
                config.roles = roles;
            }
            log::start(&config.log)?;
            runtime()?.block_on(serve::run(config))?;
        }
        Command::Demo(args) => runtime()?.block_on(demo::run(args))?,
        Command::Check(args) => return runtime()?.block_on(check::run(&args.config)),
        Command::Query(args) => return runtime()?.block_on(client::query(args)),
        Command::Retrieve(args) => return runtime()?.block_on(client::retrieve(args)),
        Command::Certs(args) => return certs::run(args),
        Command::Migrate(args) => runtime()?.block_on(database::migrate(args))?,
        Command::Backup(args) => runtime()?.block_on(database::backup(args))?,
        Command::Restore(args) => runtime()?.block_on(database::restore(args))?,
        Command::Bench(args) => runtime()?.block_on(bench::run(args))?,
        Command::Transactions => crate::print(&gateway::transactions_page())?,
    }
    Ok(ExitCode::SUCCESS)
}

fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}
