//! The instruction set: eight bytes each, `op a b c x:u16 y:u16`, big-endian. `scripts/provision/isa.ts` is the same table.
//!
//! `a`, `b`, `c` name registers unless the shape says otherwise; `y` is where a jump leads, counted from the routine's start.

/// What a register may hold. Known for every register at every instruction before a program runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    Int,
    Text,
    /// A place in the JSON that was handed over.
    Node,
}

/// What the operand `x` counts in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Index {
    Unused,
    Text,
    Int,
    /// An int that is not zero.
    Divisor,
    Table,
    Input,
    Field,
    Raw,
}

/// What the operand `c` is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Third {
    Unused,
    Int,
    Class,
    /// 0: all decimals of the currency, 1: without trailing zeros.
    Style,
}

#[derive(Debug, Clone, Copy)]
pub struct Shape {
    pub name: &'static str,
    /// The register `a` is written; with `Index::Input` its type is the input's.
    pub writes: Option<Type>,
    pub reads_a: Option<Type>,
    pub reads_b: Option<Type>,
    pub third: Third,
    pub index: Index,
    pub jumps: bool,
    /// What follows is reached by jumps only.
    pub ends: bool,
}

macro_rules! instructions {
    ($($code:literal $name:ident $writes:expr, $reads_a:expr, $reads_b:expr, $third:ident, $index:ident, $jumps:literal, $ends:literal;)*) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Op { $($name = $code),* }

        impl Op {
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            #[must_use]
            pub const fn shape(self) -> Shape {
                match self {
                    $(Self::$name => Shape {
                        name: stringify!($name), writes: $writes, reads_a: $reads_a, reads_b: $reads_b,
                        third: Third::$third, index: Index::$index, jumps: $jumps, ends: $ends,
                    },)*
                }
            }
        }
    };
}

const NO: Option<Type> = None;
const INT: Option<Type> = Some(Type::Int);
const TEXT: Option<Type> = Some(Type::Text);
const NODE: Option<Type> = Some(Type::Node);

#[rustfmt::skip]
instructions! {
    //             writes reads a  reads b  c       x        jumps  ends
    0  Halt        NO,    NO,      NO,      Unused, Unused,  false, true;
    1  Refuse      NO,    NO,      NO,      Unused, Text,    false, true;
    2  Jump        NO,    NO,      NO,      Unused, Unused,  true,  true;
    3  Input       NO,    NO,      NO,      Unused, Input,   true,  false;
    4  Text        TEXT,  NO,      NO,      Unused, Text,    false, false;
    5  Number      INT,   NO,      NO,      Unused, Int,     false, false;
    6  Member      NODE,  NO,      NODE,    Unused, Text,    false, false;
    7  Item        NODE,  NO,      NODE,    Unused, Raw,     false, false;
    8  String      TEXT,  NO,      NODE,    Class,  Unused,  true,  false;
    9  Whole       INT,   NO,      NODE,    Unused, Unused,  true,  false;
    10 Digits      INT,   NO,      TEXT,    Unused, Unused,  true,  false;
    11 Lookup      TEXT,  NO,      TEXT,    Unused, Table,   true,  false;
    12 Same        NO,    TEXT,    TEXT,    Unused, Unused,  true,  false;
    13 Null        NO,    NODE,    NO,      Unused, Unused,  true,  false;
    14 Object      NO,    NODE,    NO,      Unused, Unused,  true,  false;
    15 Fits        NO,    TEXT,    NO,      Class,  Unused,  true,  false;
    16 AtLeast     NO,    INT,     INT,     Unused, Unused,  true,  false;
    17 Divide      INT,   NO,      INT,     Unused, Divisor, false, false;
    18 Modulo      INT,   NO,      INT,     Unused, Divisor, false, false;
    19 Add         INT,   NO,      INT,     Unused, Int,     false, false;
    20 Decimals    NO,    INT,     TEXT,    Int,    Unused,  true,  false;
    21 Put         NO,    NO,      NO,      Unused, Text,    false, false;
    22 PutText     NO,    TEXT,    NO,      Unused, Unused,  false, false;
    23 PutJson     NO,    TEXT,    NO,      Unused, Unused,  false, false;
    24 PutUrl      NO,    TEXT,    NO,      Unused, Unused,  false, false;
    25 PutInt      NO,    INT,     NO,      Unused, Unused,  false, false;
    26 PutMoney    NO,    INT,     TEXT,    Style,  Unused,  true,  false;
    27 PutMinor    NO,    TEXT,    TEXT,    Unused, Unused,  true,  false;
    28 PutLog      NO,    TEXT,    NO,      Unused, Unused,  false, false;
    29 Base64      NO,    NO,      NO,      Unused, Text,    false, false;
    30 Out         NO,    NO,      NO,      Unused, Field,   false, false;
    31 Header      NO,    NO,      NO,      Unused, Text,    false, false;
    32 PutMajor    NO,    NODE,    TEXT,    Unused, Unused,  true,  false;
}

pub const REGISTERS: usize = 16;

/// The inputs by their numbers, with their types. Each may be absent.
pub const INPUTS: [(&str, Type); 19] = [
    ("settings", Type::Node),
    ("body", Type::Node),
    ("http", Type::Int),
    ("nowMs", Type::Int),
    ("reference", Type::Text),
    ("amountMinor", Type::Int),
    ("currency", Type::Text),
    ("phoneNumber", Type::Text),
    ("provider", Type::Text),
    ("customerMessage", Type::Text),
    ("invoice", Type::Text),
    ("operation", Type::Text),
    ("merchantId", Type::Text),
    ("preAuthorisationCode", Type::Text),
    ("resumeUrl", Type::Text),
    ("country", Type::Text),
    ("token", Type::Text),
    ("gatewayId", Type::Text),
    ("otp", Type::Text),
];

/// One instruction, its opcode known and its operands still to be verified.
#[derive(Debug, Clone, Copy)]
pub struct Instruction {
    pub op: Op,
    pub a: u8,
    pub b: u8,
    pub c: u8,
    pub x: u16,
    pub y: u16,
}
