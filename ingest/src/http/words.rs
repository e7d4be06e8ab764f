//! The enumerations and texts of the domain as the OpenAPI document describes them, made from the domain's own lists.

use super::problem_codes::CODES;
use domain::upload::Kind;
use domain::user::Role;
use domain::{Emotion, EndState, MediaType, Stage, Status, Tone};
use serde::Serialize;
use serde_json::{Value, json};
use std::borrow::Cow;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};

fn words(description: &str, words: impl IntoIterator<Item = impl Serialize>) -> RefOr<Schema> {
    let words: Vec<Value> = words.into_iter().map(|word| json!(word)).collect();
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some(description))
        .enum_values(Some(words))
        .into()
}

fn text(description: &str, format: Option<&str>, pattern: Option<&str>, example: &str) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some(description))
        .format(format.map(|format| SchemaFormat::Custom(format.to_owned())))
        .pattern(pattern)
        .examples([json!(example)])
        .into()
}

/// A schema that fields name as their type.
macro_rules! schema {
    ($name:ident, $schema:expr) => {
        pub(crate) struct $name;

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                $schema
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                Cow::Borrowed(stringify!($name))
            }
        }
    };
}

schema!(
    FileBytes,
    ObjectBuilder::new()
        .schema_type(Type::String)
        .format(Some(SchemaFormat::Custom("binary".to_owned())))
        .description(Some("The bytes of a file."))
        .into()
);
schema!(EmotionName, words("An emotion, as Rekognition names it.", Emotion::ALL));
schema!(StageName, words("A stage of the pipeline.", Stage::ALL));
schema!(
    UploadState,
    words(
        "`awaiting_upload`, `stored` and `running` are not done; every other state is.",
        Status::ALL.into_iter().filter(|status| *status != Status::Erased),
    )
);
schema!(
    GalleryState,
    words(
        "The end of an upload that is in the gallery.",
        [EndState::Complete, EndState::Partial, EndState::NoFace, EndState::Failed],
    )
);
schema!(
    UserRole,
    words(
        "A customer, an admin of a tenant, or an operator of the installation.",
        [Role::Customer, Role::Admin, Role::Operator]
    )
);
schema!(Uuid, text("A UUID.", Some("uuid"), None, "01932f5e-8f2b-7c11-9d3e-5a6b7c8d9e0f"));
schema!(Moment, text("A moment in UTC (RFC 3339).", Some("date-time"), None, "2026-01-31T12:00:00Z"));
schema!(
    Link,
    text(
        "An absolute URL.",
        Some("uri"),
        None,
        "http://127.0.0.1:8080/uploads/01932f5e-8f2b-7c11-9d3e-5a6b7c8d9e0f"
    )
);
schema!(
    SignedLink,
    text(
        "An absolute URL that needs no token; it expires.",
        Some("uri"),
        None,
        "http://127.0.0.1:8080/objects/media/previews/default/01932f5e-8f2b-7c11-9d3e-5a6b7c8d9e0f.jpg?expires=1769860800&signature=abc"
    )
);
schema!(
    Sha256Hex,
    text(
        "SHA-256 in hexadecimal digits.",
        None,
        Some("^[0-9A-Fa-f]{64}$"),
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
    )
);
schema!(
    PhotoType,
    words(
        "The media type of a photo; other names of it are accepted too.",
        MediaType::ALL.map(MediaType::as_str)
    )
);
schema!(ToneName, words("Coarser than an emotion.", [Tone::Pleasant, Tone::Neutral, Tone::Unpleasant]));
schema!(
    ProblemCode,
    words(
        "What programs compare; it is stable. `/docs/problems` explains each code.",
        CODES.iter().map(|code| code.name)
    )
);
schema!(StableCode, text("A stable code.", None, None, "no_answer"));
schema!(
    UploadKind,
    words(
        "A photo takes the whole pipeline, `faces` ends with emotions, a prompt has no photo.",
        [Kind::Photo, Kind::Faces, Kind::Prompt]
    )
);

/// The engine, model and seed behind a result.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the domain's record")]
pub(crate) struct Provenance {
    #[schema(example = "embedded-vision")]
    engine: String,
    model: String,
    /// Digest of the model's weights or of the maker's parameters.
    #[schema(nullable = false)]
    digest: Option<String>,
    /// The seed that makes the same artefact again.
    #[schema(nullable = false)]
    seed: Option<u64>,
}
