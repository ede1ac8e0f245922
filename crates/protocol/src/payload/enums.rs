//! Enumerations of .NET: a name, a number, a type.

/// Defines an enumeration with its .NET type, its names and numbers.
macro_rules! ps_enum {
    ($(#[$doc:meta])* $name:ident: $type_name:literal { $($(#[$variant_doc:meta])* $variant:ident = $number:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$variant_doc])* $variant,)* }

        impl $name {
            /// Name of the .NET type.
            pub const TYPE_NAME: &str = $type_name;

            /// The number on the wire.
            pub const fn number(self) -> i32 {
                match self { $(Self::$variant => $number,)* }
            }

            /// The name that PowerShell shows.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => stringify!($variant),)* }
            }

            /// Reads a number.
            pub const fn from_number(number: i32) -> Option<Self> {
                match number { $($number => Some(Self::$variant),)* _ => None }
            }

            pub(super) fn number_of(name: &str) -> Option<i32> {
                $(if name.eq_ignore_ascii_case(stringify!($variant)) { return Some($number); })*
                None
            }

            /// The enumeration object that PowerShell writes.
            pub fn to_value(self) -> psbridge_clixml::Value {
                psbridge_clixml::Value::enumeration(Self::TYPE_NAME, self.name(), self.number())
            }
        }
    };
}
pub(super) use ps_enum;

ps_enum! {
    /// What threads the runspaces of a pool use.
    PsThreadOptions: "System.Management.Automation.Runspaces.PSThreadOptions" {
        /// As the server decides.
        Default = 0,
        /// A new thread for each pipeline.
        UseNewThread = 1,
        /// One thread for all.
        ReuseThread = 2,
        /// The thread of the caller.
        UseCurrentThread = 3,
    }
}

ps_enum! {
    /// COM apartment of the threads.
    ApartmentState: "System.Threading.ApartmentState" {
        /// Single-threaded.
        Sta = 0,
        /// Multi-threaded.
        Mta = 1,
        /// As the server decides.
        Unknown = 2,
    }
}
