//! The random plan: looks at a range, writes some rows, and takes its place in the order of all plans.
//! Knows no database; a map in memory serves as well.

use std::hash::{DefaultHasher, Hash, Hasher};

use rand::Rng;
use rand::rngs::SmallRng;
use syncline_store::{Decision, Key, Plan, Read, View, Write};

/// A random plan.
#[derive(Clone, Debug)]
pub struct Op {
    pub id: u64,
    edits: Vec<Edit>,
    looked_at: (Key, Option<Key>),
    at_most: usize,
    is_reading_named: bool,
}

#[derive(Clone, Debug)]
enum Edit {
    Append { from: Key, to: Key },
    Delete(Key),
    DeleteRange(Key, Key),
    Put(Key, usize),
}

/// What a plan answers: its place in the order, and a digest of what it saw.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Seen {
    pub order: u64,
    pub digest: u64,
}

pub fn random_key(random: &mut SmallRng) -> Key {
    Key::new(format!("k/{:02}", random.random_range(0..60)))
}

/// The row that counts the plans.
pub fn order_key() -> Key {
    Key::new("order")
}

/// The row that says which place a plan has.
pub fn place_key(id: u64) -> Key {
    Key::new(format!("op/{id:06}"))
}

pub fn number(bytes: &[u8]) -> u64 {
    std::str::from_utf8(bytes).unwrap().parse().unwrap()
}

/// How many plans there were, as a view sees it.
pub fn order_of(view: &dyn View) -> u64 {
    view.row(&order_key()).map_or(0, |value| number(&value))
}

/// Digests all rows that plans write, and counts the plans before them.
pub fn look(view: &dyn View) -> Seen {
    let order = order_of(view);
    Seen { order, digest: digest(view, &Key::new("k/"), Some(&Key::new("k0")), usize::MAX) }
}

fn digest(view: &dyn View, start: &Key, end: Option<&Key>, at_most: usize) -> u64 {
    let mut hasher = DefaultHasher::new();
    for (key, value) in view.range(start, end).take(at_most) {
        key.hash(&mut hasher);
        value.hash(&mut hasher);
    }
    hasher.finish()
}

impl Op {
    pub fn random(id: u64, random: &mut SmallRng) -> Self {
        let edits = (0..random.random_range(0..6)).map(|_| Edit::random(random)).collect();
        let end = random.random_bool(0.7).then(|| random_key(random));
        let at_most = if random.random_bool(0.3) { random.random_range(0..5) } else { usize::MAX };
        let is_reading_named = random.random_bool(0.6);
        Self { id, edits, looked_at: (random_key(random), end), at_most, is_reading_named }
    }
}

impl Edit {
    fn random(random: &mut SmallRng) -> Self {
        let key = random_key(random);
        match random.random_range(0..10) {
            0..2 => Self::Append { from: key, to: random_key(random) },
            2..4 => Self::Delete(key),
            4 => Self::DeleteRange(key, random_key(random)),
            _ => Self::Put(key, random.random_range(0..60)),
        }
    }

    fn writes(&self, id: u64, view: &dyn View) -> Vec<Write> {
        let put = |key: &Key, value: Vec<u8>| vec![Write { key: key.clone(), value: Some(value) }];
        match self {
            Self::Append { from, to } => {
                let mut value = view.row(from).map_or_else(Vec::new, |value| value.to_vec());
                value.extend(view.row(to).into_iter().flat_map(|value| value.to_vec()));
                value.truncate(80);
                put(to, value)
            }
            Self::Delete(key) => vec![Write { key: key.clone(), value: None }],
            Self::DeleteRange(start, end) => {
                let rows = view.range(start, Some(end)).take(8);
                rows.map(|(key, _)| Write { key, value: None }).collect()
            }
            Self::Put(key, length) => put(key, vec![id as u8; *length]),
        }
    }
}

impl Plan for Op {
    type Outcome = Seen;

    fn reads(&self) -> Vec<Read> {
        if !self.is_reading_named {
            return Vec::new();
        }
        let (start, end) = self.looked_at.clone();
        vec![Read::Key(order_key()), Read::Range { start, end }]
    }

    fn origin(&self) -> u8 {
        self.id as u8
    }

    fn decide(&self, view: &dyn View) -> Decision<Seen> {
        let order = order_of(view) + 1;
        let digest = digest(view, &self.looked_at.0, self.looked_at.1.as_ref(), self.at_most);
        let mut writes: Vec<Write> = self.edits.iter().flat_map(|edit| edit.writes(self.id, view)).collect();
        for key in [order_key(), place_key(self.id)] {
            writes.push(Write { key, value: Some(order.to_string().into_bytes()) });
        }
        Decision { writes, outcome: Seen { order, digest } }
    }
}
