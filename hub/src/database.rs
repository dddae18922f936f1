//! `musubi migrate`, `backup` and `restore`: the registry's database, handled from outside the hub.

use std::fs::{self, File, OpenOptions};
use std::io::{BufWriter, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use registry::{Copied, Migrated};
use tokio::time::Instant;

use crate::config::Config;
use crate::serve::{lock, taken};

#[derive(Debug, clap::Args)]
pub(crate) struct MigrateArgs {
    /// The configuration file.
    #[arg(long, value_name = "FILE", default_value = "musubi.toml")]
    config: PathBuf,
    /// Print the SQL and change nothing.
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct BackupArgs {
    /// The configuration file.
    #[arg(long, value_name = "FILE", default_value = "musubi.toml")]
    config: PathBuf,
    /// The file to write; it must not exist yet.
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
}

#[derive(Debug, clap::Args)]
pub(crate) struct RestoreArgs {
    /// The configuration file, whose registry must be empty.
    #[arg(long, value_name = "FILE", default_value = "musubi.toml")]
    config: PathBuf,
    /// The file that `musubi backup` wrote.
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
}

/// Brings the schema up to date, or says how.
pub(crate) async fn migrate(args: MigrateArgs) -> anyhow::Result<()> {
    let config = Config::load(&args.config)?;
    if args.dry_run {
        let migration = registry::migration(&config.registry, &config.folder).await?;
        let (from, to) = (migration.from, migration.to);
        let head = match migration.sql.is_empty() {
            true => format!("-- The registry's database has schema {from}: there is nothing to do.\n"),
            false => format!("-- The registry's database has schema {from}; this leads to {to}.\n"),
        };
        crate::print(&(head + &migration.sql))?;
        return Ok(());
    }
    let Migrated { version, created } = registry::migrate(&config.registry, &config.folder).await?;
    crate::print(&match created {
        // A mistyped name in the configuration shows here.
        Some(file) => format!("The registry's database {} was created with schema {version}.\n", file.display()),
        None => format!("The registry's database has schema {version}.\n"),
    })?;
    Ok(())
}

/// Writes the registry into a file, which has its name only when it is complete.
pub(crate) async fn backup(args: BackupArgs) -> anyhow::Result<()> {
    let config = Config::load(&args.config)?;
    let (to, started) = (&args.to, Instant::now());
    if to.exists() {
        bail!("{} exists already: choose another name, nothing is overwritten", to.display());
    }
    let unfinished = unfinished(to)?;
    let out = create(&unfinished)?;
    let copied = match write(&config, out).await {
        Ok(copied) => copied,
        Err(error) => {
            // The half file is ours, and of no use to anybody; what went wrong is what counts.
            let _ = fs::remove_file(&unfinished);
            return Err(error);
        }
    };
    let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    // Unlike a rename, a link overwrites nothing.
    fs::hard_link(&unfinished, to)
        .and_then(|()| fs::remove_file(&unfinished))
        .and_then(|()| File::open(folder)?.sync_all())
        .with_context(|| format!("{} cannot be written", to.display()))?;
    let size = fs::metadata(to)?.len();
    let seconds = started.elapsed().as_secs_f64();
    let Copied { entries, rows } = copied;
    crate::print(&format!(
        "{}: {entries} document entries, {rows} rows, {size} octets, {seconds:.1} s. It names patients: keep it safe.\n",
        to.display()
    ))?;
    Ok(())
}

async fn write(config: &Config, out: File) -> anyhow::Result<Copied> {
    let (copied, mut out) = registry::backup(&config.registry, &config.folder, BufWriter::new(out)).await?;
    out.flush().context("the backup cannot be written")?;
    out.get_ref().sync_all().context("the backup cannot be written")?;
    Ok(copied)
}

/// Opens the file in which a backup grows; one that is there already may be somebody else's, and is left alone.
fn create(unfinished: &Path) -> anyhow::Result<File> {
    // It names patients: nobody but its owner reads it.
    let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(unfinished);
    let name = unfinished.display();
    match opened {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            bail!("another backup is being written there, or one was interrupted: remove {name} if none is running")
        }
        opened => opened.with_context(|| format!("{name} cannot be written")),
    }
}

/// Where a backup grows.
fn unfinished(to: &Path) -> anyhow::Result<PathBuf> {
    let name = to.file_name().with_context(|| format!("{} is no name of a file", to.display()))?;
    let mut unfinished = name.to_owned();
    unfinished.push(".unfinished");
    Ok(to.with_file_name(unfinished))
}

/// Fills an empty registry from a file.
pub(crate) async fn restore(args: RestoreArgs) -> anyhow::Result<()> {
    let config = Config::load(&args.config)?;
    // A hub that runs on this registry has begun to fill it.
    let _lock = lock(&config.folder)?.with_context(|| taken(&config.folder))?;
    let started = Instant::now();
    let file = File::open(&args.from).with_context(|| format!("{} cannot be read", args.from.display()))?;
    let restored = registry::restore(&config.registry, &config.folder, file).await;
    let Copied { entries, rows } =
        restored.with_context(|| format!("{} was not restored, and nothing was changed", args.from.display()))?;
    let seconds = started.elapsed().as_secs_f64();
    crate::print(&format!("{entries} document entries, {rows} rows restored in {seconds:.1} s.\n"))?;
    Ok(())
}
