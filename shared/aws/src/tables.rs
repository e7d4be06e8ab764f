//! The DynamoDB tables that the template must create. The README of this crate explains them.

/// Every table is on demand, encrypted, and has point-in-time recovery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    Uploads,
    Gallery,
    Faces,
    DeadLetters,
    Users,
    Sessions,
    Throttle,
    Enrolments,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyAttribute {
    pub name: &'static str,
    /// A number; otherwise a string.
    pub is_number: bool,
}

/// The key of a table or an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    pub partition: KeyAttribute,
    pub sort: Option<KeyAttribute>,
}

/// A global secondary index. Items without its key attributes are not in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Index {
    pub name: &'static str,
    pub key: Key,
    pub holds: Holds,
}

/// What an index holds of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    Keys,
    /// The keys and these attributes.
    Attributes(&'static [&'static str]),
    Items,
}

/// The TTL attribute, in seconds since 1970.
pub const EXPIRY: &str = "expires_at";

const fn text(name: &'static str) -> KeyAttribute {
    KeyAttribute { name, is_number: false }
}

const fn number(name: &'static str) -> KeyAttribute {
    KeyAttribute { name, is_number: true }
}

const fn key(partition: KeyAttribute, sort: Option<KeyAttribute>) -> Key {
    Key { partition, sort }
}

/// An owner's uploads by when they changed, with what they take up.
pub const CHANGES: Index = Index {
    name: "changes",
    key: key(text("owner"), Some(number("change"))),
    holds: Holds::Attributes(&["status", "held_bytes"]),
};
/// Uploads by when maintenance is due.
pub const DUE: Index = Index { name: "due", key: key(text("shard"), Some(text("due"))), holds: Holds::Keys };
/// All dead letters, by age.
pub const LETTERS: Index =
    Index { name: "letters", key: key(text("shelf"), Some(text("place"))), holds: Holds::Items };
/// A tenant's dead letters, by age.
pub const TENANT_LETTERS: Index =
    Index { name: "tenant", key: key(text("tenant"), Some(text("place"))), holds: Holds::Items };
/// An upload's dead letters.
pub const UPLOAD_LETTERS: Index =
    Index { name: "upload", key: key(text("upload"), None), holds: Holds::Keys };

/// The enrolments that an account made.
pub const OWNERS: Index = Index { name: "owners", key: key(text("owner"), None), holds: Holds::Keys };
/// All enrolments by their last use.
pub const UNUSED: Index =
    Index { name: "unused", key: key(text("shelf"), Some(text("place"))), holds: Holds::Keys };

impl Table {
    pub const ALL: [Table; 8] = [
        Table::Uploads,
        Table::Gallery,
        Table::Faces,
        Table::DeadLetters,
        Table::Users,
        Table::Sessions,
        Table::Throttle,
        Table::Enrolments,
    ];

    /// The name without the prefix.
    pub const fn as_str(self) -> &'static str {
        match self {
            Table::Uploads => "uploads",
            Table::Gallery => "gallery",
            Table::Faces => "faces",
            Table::DeadLetters => "dead-letters",
            Table::Users => "users",
            Table::Sessions => "sessions",
            Table::Throttle => "throttle",
            Table::Enrolments => "enrolments",
        }
    }

    pub const fn key(self) -> Key {
        match self {
            Table::Uploads | Table::Throttle | Table::Enrolments => key(text("key"), None),
            Table::Gallery => key(text("owner"), Some(text("place"))),
            Table::Faces => key(text("face_id"), None),
            Table::DeadLetters => key(text("id"), None),
            Table::Users => key(text("tenant"), Some(text("name"))),
            Table::Sessions => key(text("of"), Some(text("name"))),
        }
    }

    pub const fn indexes(self) -> &'static [Index] {
        match self {
            Table::Uploads => &[CHANGES, DUE],
            Table::DeadLetters => &[LETTERS, TENANT_LETTERS, UPLOAD_LETTERS],
            Table::Enrolments => &[OWNERS, UNUSED],
            Table::Gallery | Table::Faces | Table::Users | Table::Sessions | Table::Throttle => &[],
        }
    }

    /// Whether items have [`EXPIRY`]. DynamoDB deletes them days later, so readers compare it.
    pub const fn expires(self) -> bool {
        matches!(self, Table::Sessions | Table::Throttle)
    }
}
