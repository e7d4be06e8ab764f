//! Sentences for the stable codes of failed uploads and stages, with the limit, in English and Spanish.

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

/// The figures are those of the embedded face detection.
const SENTENCES: [(&str, &str, &str); 16] = [
    (
        "image_too_large",
        "the picture is too large: at most 30,000 pixels a side and 200 megapixels are accepted",
        "la imagen es demasiado grande: se aceptan como máximo 30.000 píxeles por lado y 200 megapíxeles",
    ),
    (
        "undecodable_image",
        "the picture is damaged or of a rare kind and cannot be decoded; export it again as JPEG or PNG",
        "la imagen está dañada o es de un tipo poco común y no se puede decodificar; expórtela de nuevo como JPEG o PNG",
    ),
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
        "HEIC/HEIF is not accepted here; send one of {types}",
        "HEIC/HEIF no se acepta aquí; envíe uno de {types}",
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

/// What a code means, and what to do about it.
pub(crate) fn sentence(code: &str, language: Language) -> String {
    let known = SENTENCES.iter().find(|(known, ..)| *known == code);
    let (english, spanish) = known.map_or(OTHER, |(_, english, spanish)| (*english, *spanish));
    let sentence = match language {
        Language::English => english,
        Language::Spanish => spanish,
    };
    let types = MediaType::ALL.map(|accepted| accepted.as_str().trim_start_matches("image/").to_uppercase());
    sentence.replace("{types}", &types.join(", "))
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
        assert!(sentence("unsupported_type", Language::English).ends_with("JPEG, PNG, WEBP"));
        assert_eq!(sentence("quota_of_a_provider", Language::Spanish), OTHER.1);
    }
}
