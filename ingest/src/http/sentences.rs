//! Sentences for stable codes in English and Spanish: for failed uploads and stages with the limit, and for refused
//! requests in Spanish, whose English sentence is where they are refused.

use axum::http::{HeaderMap, header};
use domain::MediaType;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    #[default]
    English,
    Spanish,
}

impl Language {
    /// The caller's preference by `Accept-Language`; English without one that is known.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let given = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or("");
        let mut best = (Language::English, 0.0);
        for range in given.split(',') {
            let (tag, quality) = range.split_once(';').unwrap_or((range, "q=1"));
            let language = match tag.trim().split('-').next().unwrap_or("").to_ascii_lowercase().as_str() {
                "es" => Language::Spanish,
                "en" | "*" => Language::English,
                _ => continue,
            };
            let quality = quality.trim().strip_prefix("q=").and_then(|q| q.parse().ok()).unwrap_or(0.0);
            if quality > best.1 {
                best = (language, quality);
            }
        }
        best.0
    }
}

/// Limits of a picture: those of the embedded face detection.
pub(crate) const MAX_SIDE_PX: u32 = 30_000;
pub(crate) const MAX_MEGAPIXELS: u32 = 200;

const SENTENCES: [(&str, &str, &str); 16] = [
    (
        "image_too_large",
        "the picture is too large: at most {side} pixels a side, and {megapixels} megapixels as JPEG (about 85 if progressive) or 50 in another format, are accepted",
        "la imagen es demasiado grande: se aceptan como máximo {side} píxeles por lado, y {megapixels} megapíxeles en JPEG (unos 85 si es progresivo) o 50 en otro formato",
    ),
    (
        "undecodable_image",
        "the picture is damaged or of a rare kind and cannot be decoded; export it again as JPEG or PNG",
        "la imagen está dañada o es de un tipo poco común y no se puede decodificar; expórtela de nuevo como JPEG o PNG",
    ),
    // Only uploads of former versions have this code.
    (
        "animated_image",
        "the picture is an animation; send a single frame",
        "la imagen es una animación; envíe un solo fotograma",
    ),
    (
        "unsupported_type",
        "the file is not a picture of an accepted type: {types}",
        "el archivo no es una imagen de un tipo aceptado: {types}",
    ),
    (
        "heic_unsupported",
        "HEIC/HEIF is not accepted here; send JPEG",
        "HEIC/HEIF no se acepta aquí; envíe JPEG",
    ),
    (
        "wrong_length",
        "the object's length is not the declared one; declare the photo and upload it again",
        "la longitud del objeto no es la declarada; declare la foto y súbala de nuevo",
    ),
    (
        "wrong_checksum",
        "the object's sha256 is not the declared one; declare the photo and upload it again",
        "el sha256 del objeto no es el declarado; declare la foto y súbala de nuevo",
    ),
    (
        "photo_missing",
        "the photo does not exist any more; upload it again",
        "la foto ya no existe; súbala de nuevo",
    ),
    (
        "invalid_order",
        "the maker refused the order as invalid",
        "el generador rechazó el pedido por no ser válido",
    ),
    (
        "no_answer",
        "the stage gave no result; replay the upload",
        "la etapa no dio ningún resultado; repita el procesamiento",
    ),
    (
        "deadline",
        "an external service did not finish in time; replay the upload",
        "un servicio externo no terminó a tiempo; repita el procesamiento",
    ),
    (
        "retries_exhausted",
        "the stage failed at every try; replay the upload later",
        "la etapa falló en todos los intentos; repita el procesamiento más tarde",
    ),
    (
        "dead_lettered",
        "the stage's message failed at every try; replay the upload later",
        "el mensaje de la etapa falló en todos los intentos; repita el procesamiento más tarde",
    ),
    (
        "execution_failed",
        "the execution failed; replay the upload later",
        "la ejecución falló; repita el procesamiento más tarde",
    ),
    (
        "execution_timed_out",
        "the execution timed out; replay the upload later",
        "la ejecución superó su tiempo límite; repita el procesamiento más tarde",
    ),
    (
        "execution_aborted",
        "the execution was aborted; replay the upload",
        "la ejecución se interrumpió; repita el procesamiento",
    ),
];
/// For a code of an external service.
const OTHER: (&str, &str) = ("processing failed", "el procesamiento falló");

/// Of requests that are refused, in Spanish; `{limit}` is the problem's member `limit`.
const REFUSALS: [(&str, &str); 38] = [
    ("empty_photo", "la foto está vacía"),
    ("too_large", "se aceptan como máximo {limit} bytes"),
    ("several_photos", "el formulario tiene varias fotos; envíe una por petición"),
    ("missing_photo", "falta la foto: el campo se llama image, file o photo"),
    (
        "bad_base64",
        "la imagen no es base64 ni una URL de datos en base64; un formulario debe enviar + como %2B",
    ),
    (
        "unsupported_body",
        "envíe multipart/form-data con un campo image, file o photo, o application/json con la imagen en base64",
    ),
    ("no_face", "la foto no muestra ninguna cara"),
    ("multiple_faces", "la foto muestra más de una cara"),
    (
        "already_enrolled",
        "ya hay una cara registrada con este correo electrónico; el token de su cuenta la reemplaza",
    ),
    ("reenrol", "el registro de la cara es de otro motor o modelo; regístrela de nuevo"),
    ("foreign_email", "una cuenta registra una cara con su propio correo electrónico"),
    ("wrong_credentials", "el correo electrónico o la contraseña no son correctos"),
    ("invalid_token", "el token no es válido; inicie sesión de nuevo"),
    ("missing_token", "esta ruta necesita la cabecera Authorization: Bearer"),
    ("no_session", "no hay ninguna sesión abierta; inicie sesión"),
    ("session_refreshed", "otra pestaña acaba de renovar la sesión; repita la petición"),
    ("foreign_origin", "la página de otro sitio no puede usar esta sesión"),
    ("no_demo_user", "esta instalación no tiene usuario de demostración"),
    ("wrong_password", "la contraseña actual no es esa"),
    ("invalid_reset_token", "el token para la nueva contraseña no es válido; pida otro"),
    ("not_here", "esta instalación no puede enviar una exportación; su operador sí: semblante users export"),
    ("no_password", "esta cuenta no tiene contraseña"),
    ("no_such_session", "no existe esa sesión"),
    ("no_such_user", "no existe ese usuario"),
    ("role_not_allowed", "el registro crea clientes; solo un administrador crea administradores"),
    ("tenant_closed", "este grupo de usuarios no acepta registros"),
    ("changed_meanwhile", "los datos cambiaron mientras tanto; repita la petición"),
    ("email_taken", "el correo electrónico ya está registrado"),
    ("too_many_requests", "demasiados intentos; vuelva a intentarlo más tarde"),
    (
        "too_many_open_uploads",
        "como máximo {limit} cargas pueden estar abiertas a la vez; espere a que terminen o bórrelas",
    ),
    (
        "too_many_declared_bytes",
        "como máximo {limit} bytes pueden estar declarados a la vez; suba antes las fotos declaradas",
    ),
    ("quota_exceeded", "como máximo {limit} bytes se pueden guardar; borre algunas fotos"),
    ("storage_full", "al servidor no le queda espacio"),
    ("busy", "el servidor está sobrecargado; vuelva a intentarlo más tarde"),
    ("traffic_off", "el servicio está desconectado por ahora"),
    ("request_timeout", "la petición tardó demasiado"),
    ("not_found", "no existe esa carga"),
    ("internal", "el servidor falló; el fallo se ha registrado"),
];

/// The accepted formats, for people.
pub(crate) fn formats() -> String {
    MediaType::ALL.map(|accepted| accepted.as_str().trim_start_matches("image/").to_uppercase()).join(", ")
}

/// What a code means, and what to do about it.
pub(crate) fn sentence(code: &str, language: Language) -> String {
    known(code, language).unwrap_or_else(|| {
        match language {
            Language::English => OTHER.0,
            Language::Spanish => OTHER.1,
        }
        .to_owned()
    })
}

fn known(code: &str, language: Language) -> Option<String> {
    let (_, english, spanish) = SENTENCES.iter().find(|(known, ..)| *known == code)?;
    let (sentence, separator) = match language {
        Language::English => (english, ','),
        Language::Spanish => (spanish, '.'),
    };
    let side = format!("{}{separator}{:03}", MAX_SIDE_PX / 1000, MAX_SIDE_PX % 1000);
    let sentence = sentence.replace("{types}", &formats()).replace("{side}", &side);
    Some(sentence.replace("{megapixels}", &MAX_MEGAPIXELS.to_string()))
}

/// The sentence of a refused request in another language than English. None where there is none, or where it has a limit
/// and the problem has none.
pub(crate) fn translated(code: &str, limit: Option<u64>, language: Language) -> Option<String> {
    if language == Language::English {
        return None;
    }
    let refusal = REFUSALS.iter().find(|(known, _)| *known == code).map(|(_, spanish)| *spanish);
    match (refusal, limit) {
        (None, _) => known(code, language),
        (Some(sentence), Some(limit)) => Some(sentence.replace("{limit}", &limit.to_string())),
        (Some(sentence), None) => (!sentence.contains("{limit}")).then(|| sentence.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_preferred_language_that_is_known_wins() {
        for (given, expected) in [
            ("", Language::English),
            ("es", Language::Spanish),
            ("es-MX,es;q=0.9,en;q=0.8", Language::Spanish),
            ("en-GB,en;q=0.9,es;q=0.8", Language::English),
            ("de, es;q=0.5", Language::Spanish),
            ("fr-CH, *;q=0.5", Language::English),
            ("ES;q=0.1, EN;q=0.05", Language::Spanish),
            ("es;q=x", Language::English),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_LANGUAGE, given.parse().unwrap());
            assert_eq!(Language::of(&headers), expected, "{given}");
        }
    }

    #[test]
    fn every_code_has_a_sentence_in_each_language() {
        for (code, english, spanish) in SENTENCES {
            assert_ne!(english, spanish, "{code}");
            for language in [Language::English, Language::Spanish] {
                assert!(!sentence(code, language).contains('{'), "{code}");
            }
        }
        assert!(
            sentence("unsupported_type", Language::English)
                .ends_with("JPEG, PNG, WEBP, HEIC, AVIF, GIF, BMP, TIFF")
        );
        assert!(
            sentence("image_too_large", Language::English)
                .contains("30,000 pixels a side, and 200 megapixels as JPEG")
        );
        assert_eq!(sentence("quota_of_a_provider", Language::Spanish), OTHER.1);
    }

    #[test]
    fn refusals_are_translated_where_the_limit_is_known() {
        let spanish = |code, limit| translated(code, limit, Language::Spanish);
        assert_eq!(translated("empty_photo", None, Language::English), None);
        assert_eq!(spanish("empty_photo", None).as_deref(), Some("la foto está vacía"));
        assert!(spanish("too_large", Some(7)).unwrap().ends_with("como máximo 7 bytes"));
        assert_eq!(spanish("too_large", None), None);
        assert!(spanish("unsupported_type", None).unwrap().ends_with("BMP, TIFF"));
        assert_eq!(spanish("bad_cursor", None), None);
    }
}
