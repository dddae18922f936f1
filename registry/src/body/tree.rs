//! The fragments of the table, ready for packing and unpacking.

use std::sync::LazyLock;

use super::Names;
use super::table::{CHILD, LONG, OWN, SHORT};

/// A piece of a fragment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Text(&'static [u8]),
    /// The object's own id.
    Own,
    /// The next id inside the object.
    Child,
}

impl Piece {
    /// What tells the piece from its siblings.
    fn mark(self) -> u8 {
        match self {
            Self::Text(text) => text.first().copied().unwrap_or_default(),
            Self::Own => OWN,
            Self::Child => CHILD,
        }
    }

    /// How much of the text this is, if the text begins with it.
    fn length_in(self, text: &[u8], names: &Names) -> Option<usize> {
        let piece = match self {
            Self::Text(piece) => piece,
            Self::Own => names.own(),
            Self::Child => names.next_child(),
        };
        text.starts_with(piece).then_some(piece.len())
    }
}

/// All fragments: those of one octet first, then those of two.
pub(super) static FRAGMENTS: LazyLock<Vec<Box<[Piece]>>> =
    LazyLock::new(|| SHORT.iter().chain(LONG).map(|fragment| pieces(fragment).collect()).collect());

/// The same, ordered for search.
pub(super) static TREE: LazyLock<Tree> = LazyLock::new(Tree::new);

/// A radix tree: what fragments have in common is compared once.
pub(super) struct Tree {
    nodes: Vec<Node>,
    /// With which octets plain text of a fragment begins.
    first: [bool; 256],
}

struct Node {
    piece: Piece,
    /// The fragment that ends here.
    fragment: Option<usize>,
    next: Vec<(u8, u32)>,
}

/// A fragment found.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    pub(super) fragment: usize,
    /// Octets of the text that it stands for.
    pub(super) length: usize,
    /// Whether it used up the next id inside the object.
    pub(super) child: bool,
}

impl Tree {
    fn new() -> Self {
        let mut tree = Self { nodes: Vec::new(), first: [false; 256] };
        tree.add(Piece::Text(&[]));
        for (fragment, pieces) in FRAGMENTS.iter().enumerate() {
            let end = pieces.iter().fold(0, |node, piece| tree.insert(node, *piece));
            tree.nodes[end].fragment = Some(fragment);
        }
        for (mark, _) in &tree.nodes[0].next {
            tree.first[usize::from(*mark)] = true;
        }
        tree
    }

    fn add(&mut self, piece: Piece) -> u32 {
        self.nodes.push(Node { piece, fragment: None, next: Vec::new() });
        (self.nodes.len() - 1) as u32
    }

    /// The node that is reached from this one by a piece, made where it is missing.
    fn insert(&mut self, node: usize, piece: Piece) -> usize {
        let Some(at) = self.nodes[node].next.iter().position(|(mark, _)| *mark == piece.mark()) else {
            let leaf = self.add(piece);
            self.nodes[node].next.push((piece.mark(), leaf));
            return leaf as usize;
        };
        let next = self.nodes[node].next[at].1 as usize;
        let (Piece::Text(new), Piece::Text(old)) = (piece, self.nodes[next].piece) else { return next };
        let common = new.iter().zip(old).take_while(|(a, b)| a == b).count();
        let fork = if common < old.len() {
            let fork = self.add(Piece::Text(&old[..common]));
            self.nodes[next].piece = Piece::Text(&old[common..]);
            self.nodes[fork as usize].next.push((old[common], next as u32));
            self.nodes[node].next[at].1 = fork;
            fork as usize
        } else {
            next
        };
        if common < new.len() { self.insert(fork, Piece::Text(&new[common..])) } else { fork }
    }

    /// The longest fragment that the text begins with.
    pub(super) fn longest(&self, text: &[u8], names: &Names) -> Option<Found> {
        let (mut node, mut length, mut child, mut best) = (&self.nodes[0], 0, false, None);
        let first = *text.first()?;
        if !self.first[usize::from(first)] && first != names.own()[0] && first != names.next_child()[0] {
            return None;
        }
        while let Some((next, more)) = self.step(node, &text[length..], names) {
            (node, length) = (next, length + more);
            child |= node.piece == Piece::Child;
            best = node.fragment.map(|fragment| Found { fragment, length, child }).or(best);
        }
        best
    }

    /// The next node that the text leads to, an id before plain text.
    fn step(&self, node: &Node, text: &[u8], names: &Names) -> Option<(&Node, usize)> {
        let plain = *text.first()?;
        let by = |mark: u8| node.next.iter().find(|(m, _)| *m == mark).map(|(_, next)| &self.nodes[*next as usize]);
        [OWN, CHILD, plain].into_iter().find_map(|mark| {
            let next = by(mark)?;
            Some((next, next.piece.length_in(text, names)?))
        })
    }
}

fn pieces(fragment: &'static str) -> impl Iterator<Item = Piece> {
    let is_id = |octet: &u8| matches!(*octet, OWN | CHILD);
    fragment.as_bytes().chunk_by(move |a, b| !is_id(a) && !is_id(b)).map(|piece| match *piece {
        [OWN] => Piece::Own,
        [CHILD] => Piece::Child,
        _ => Piece::Text(piece),
    })
}
