//! The octets of a backup: gzip around records, and a SHA-256 of all of them at the end.
//!
//! A record is a tag and values. Numbers are varints, texts and octets have their length before them.

use std::io::{self, BufRead, BufReader, Read, Write};

use flate2::Compression;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

/// What every backup begins with.
const MAGIC: &[u8] = b"MUSUBI REGISTRY BACKUP 1\n";
/// No value of a registry is larger.
const LARGEST: u64 = 64 << 20;

/// One value of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cell {
    Null,
    Int(i64),
    Text(String),
    Bytes(Vec<u8>),
}

/// What comes out of a backup.
pub(super) enum Record {
    /// The rows that follow are this table's.
    Table(String),
    Row(Vec<Cell>),
    /// Everything has been read, and is as it was written.
    End,
}

pub(super) struct Writer<W: Write> {
    out: GzEncoder<W>,
    digest: Sha256,
}

impl<W: Write> Writer<W> {
    pub(super) fn new(out: W, schema: i64) -> io::Result<Self> {
        let mut writer = Self { out: GzEncoder::new(out, Compression::fast()), digest: Sha256::new() };
        writer.put(MAGIC)?;
        writer.int(schema)?;
        Ok(writer)
    }

    pub(super) fn table(&mut self, name: &str) -> io::Result<()> {
        self.put(b"T")?;
        self.octets(name.as_bytes())
    }

    pub(super) fn row(&mut self, cells: &[Cell]) -> io::Result<()> {
        self.put(b"R")?;
        self.length(cells.len() as u64)?;
        for cell in cells {
            match cell {
                Cell::Null => self.put(b"n")?,
                Cell::Int(value) => {
                    self.put(b"i")?;
                    self.int(*value)?;
                }
                Cell::Text(value) => {
                    self.put(b"t")?;
                    self.octets(value.as_bytes())?;
                }
                Cell::Bytes(value) => {
                    self.put(b"b")?;
                    self.octets(value)?;
                }
            }
        }
        Ok(())
    }

    pub(super) fn finish(mut self) -> io::Result<W> {
        self.put(b"Z")?;
        let digest = self.digest.finalize();
        self.out.write_all(&digest)?;
        self.out.finish()
    }

    fn int(&mut self, value: i64) -> io::Result<()> {
        // Zigzag: small numbers of either sign stay short.
        self.length(((value << 1) ^ (value >> 63)).cast_unsigned())
    }

    fn octets(&mut self, value: &[u8]) -> io::Result<()> {
        self.length(value.len() as u64)?;
        self.put(value)
    }

    fn length(&mut self, mut value: u64) -> io::Result<()> {
        let mut text = [0_u8; 10];
        for (n, octet) in text.iter_mut().enumerate() {
            *octet = (value & 0x7f) as u8;
            value >>= 7;
            if value == 0 {
                return self.put_first(&text, n + 1);
            }
            *octet |= 0x80;
        }
        Ok(())
    }

    fn put_first(&mut self, text: &[u8; 10], count: usize) -> io::Result<()> {
        self.put(&text[..count])
    }

    fn put(&mut self, octets: &[u8]) -> io::Result<()> {
        self.digest.update(octets);
        self.out.write_all(octets)
    }
}

pub(super) struct Reader<R: Read> {
    input: BufReader<GzDecoder<BufReader<R>>>,
    digest: Sha256,
    /// The schema that the rows are of.
    pub(super) schema: i64,
}

impl<R: Read> Reader<R> {
    pub(super) fn new(input: R) -> io::Result<Self> {
        let input = BufReader::new(GzDecoder::new(BufReader::new(input)));
        let mut reader = Self { input, digest: Sha256::new(), schema: 0 };
        let mut magic = [0; MAGIC.len()];
        let read = reader.take(&mut magic);
        if read.is_err() || magic != MAGIC {
            return Err(damaged("it does not begin as a backup of a registry does"));
        }
        reader.schema = reader.int()?;
        Ok(reader)
    }

    pub(super) fn next(&mut self) -> io::Result<Record> {
        match self.octet()? {
            b'T' => Ok(Record::Table(self.text()?)),
            b'R' => {
                let count = self.length()?;
                if count > 64 {
                    return Err(damaged("a row has too many values"));
                }
                (0..count).map(|_| self.cell()).collect::<io::Result<_>>().map(Record::Row)
            }
            b'Z' => {
                let expected = self.digest.clone().finalize();
                let mut found = [0; 32];
                self.input.read_exact(&mut found)?;
                if found != expected[..] {
                    return Err(damaged("its checksum is wrong"));
                }
                self.nothing_follows().map(|()| Record::End)
            }
            _ => Err(damaged("a record has an unknown tag")),
        }
    }

    /// The checksum is the last of what was compressed, and that is the whole file: what came behind it would have been
    /// held by nothing, a second member of the gzip file too (RFC 1952 §2.2).
    fn nothing_follows(&mut self) -> io::Result<()> {
        let ended = self.input.read(&mut [0])? == 0 && self.input.get_mut().get_mut().fill_buf()?.is_empty();
        ended.then_some(()).ok_or_else(|| damaged("something follows its checksum"))
    }

    fn cell(&mut self) -> io::Result<Cell> {
        match self.octet()? {
            b'n' => Ok(Cell::Null),
            b'i' => self.int().map(Cell::Int),
            b't' => self.text().map(Cell::Text),
            b'b' => self.octets().map(Cell::Bytes),
            _ => Err(damaged("a value has an unknown tag")),
        }
    }

    fn text(&mut self) -> io::Result<String> {
        String::from_utf8(self.octets()?).map_err(|cause| io::Error::new(io::ErrorKind::InvalidData, cause))
    }

    fn octets(&mut self) -> io::Result<Vec<u8>> {
        let length = self.length()?;
        if length > LARGEST {
            return Err(damaged("a value is larger than any that a registry holds"));
        }
        let mut octets = Vec::new();
        self.input.by_ref().take(length).read_to_end(&mut octets)?;
        if octets.len() as u64 != length {
            return Err(damaged("it ends too early"));
        }
        self.digest.update(&octets);
        Ok(octets)
    }

    fn int(&mut self) -> io::Result<i64> {
        let value = self.length()?;
        Ok((value >> 1).cast_signed() ^ -((value & 1).cast_signed()))
    }

    fn length(&mut self) -> io::Result<u64> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let octet = self.octet()?;
            value |= u64::from(octet & 0x7f) << shift;
            if octet & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(damaged("a number is too long"))
    }

    fn octet(&mut self) -> io::Result<u8> {
        let mut one = [0];
        self.take(&mut one)?;
        Ok(one[0])
    }

    fn take(&mut self, into: &mut [u8]) -> io::Result<()> {
        self.input.read_exact(into)?;
        self.digest.update(&*into);
        Ok(())
    }
}

pub(super) fn damaged(why: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(rows: &[Vec<Cell>]) -> Vec<u8> {
        let mut writer = Writer::new(Vec::new(), 7).unwrap();
        writer.table("entry").unwrap();
        rows.iter().for_each(|row| writer.row(row).unwrap());
        writer.finish().unwrap()
    }

    fn read(octets: &[u8]) -> io::Result<Vec<Vec<Cell>>> {
        let mut reader = Reader::new(octets)?;
        let mut rows = Vec::new();
        loop {
            match reader.next()? {
                Record::Table(_) => {}
                Record::Row(row) => rows.push(row),
                Record::End => return Ok(rows),
            }
        }
    }

    fn cell() -> impl Strategy<Value = Cell> {
        prop_oneof![
            Just(Cell::Null),
            any::<i64>().prop_map(Cell::Int),
            any::<String>().prop_map(Cell::Text),
            any::<Vec<u8>>().prop_map(Cell::Bytes),
        ]
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(rows in prop::collection::vec(prop::collection::vec(cell(), 0..5), 0..5)) {
            prop_assert_eq!(read(&written(&rows)).unwrap(), rows);
        }

        #[test]
        fn any_octets_are_refused_in_words(octets in any::<Vec<u8>>()) {
            prop_assert!(read(&octets).is_err());
        }
    }

    #[test]
    fn whatever_follows_the_checksum_is_refused() {
        let whole = written(&[vec![Cell::Int(1)]]);
        let mut inside = Writer::new(Vec::new(), 7).unwrap();
        inside.put(b"Z").unwrap();
        let digest = inside.digest.clone().finalize();
        inside.out.write_all(&digest).unwrap();
        inside.out.write_all(b"x").unwrap();
        let mut empty_member = GzEncoder::new(whole.clone(), Compression::fast());
        empty_member.write_all(b"").unwrap();
        let behind = |more: &[u8]| [&whole[..], more].concat();
        for octets in [
            inside.out.finish().unwrap(),
            behind(b"x"),
            behind(&[0; 512]),
            behind(&whole),
            empty_member.finish().unwrap(),
            behind(&vec![7; 1 << 20]),
        ] {
            assert_eq!(read(&octets).unwrap_err().to_string(), "something follows its checksum");
        }
        assert_eq!(read(&whole).unwrap(), [[Cell::Int(1)]]);
    }

    #[test]
    fn every_beginning_and_every_changed_octet_is_refused() {
        let whole = written(&[vec![Cell::Int(1), Cell::Text("甲".into())], vec![Cell::Null, Cell::Bytes(vec![0; 40])]]);
        for end in 0..whole.len() {
            assert!(read(&whole[..end]).is_err(), "{end}");
        }
        // The head of gzip holds fields that mean nothing here; what is inside is held by the checksum.
        for at in 10..whole.len() - 8 {
            let mut changed = whole.clone();
            changed[at] ^= 0x10;
            assert!(read(&changed).is_err(), "{at}");
        }
    }
}
