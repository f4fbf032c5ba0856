//! Pages of XM for tests. In: the little that a test is about. Out: HTML as XM would send it, with doctype, head
//! and surroundings, so that bytes before and behind the components exist in every test.

/// A page under construction.
#[derive(Clone, Debug)]
pub struct Page {
    lang: String,
    head: String,
    body: String,
}

impl Default for Page {
    fn default() -> Self {
        Self {
            lang: " lang=\"en\"".to_owned(),
            head: String::new(),
            body: String::new(),
        }
    }
}

impl Page {
    /// A page with this body between a header and a footer.
    #[must_use]
    pub fn with(body: impl Into<String>) -> Self {
        Self {
            body: body.into(),
            ..Self::default()
        }
    }

    /// Replaces `<html lang>`; empty: no attribute.
    #[must_use]
    pub fn lang(mut self, lang: &str) -> Self {
        self.lang = if lang.is_empty() {
            String::new()
        } else {
            format!(" lang=\"{lang}\"")
        };
        self
    }

    /// Adds markup to the head.
    #[must_use]
    pub fn head(mut self, markup: &str) -> Self {
        self.head.push_str(markup);
        self
    }

    /// What comes before the body's own markup.
    #[must_use]
    pub fn top(&self) -> String {
        format!(
            "<!DOCTYPE html>\r\n<html{}>\r\n<head><title>Home &amp; away</title>{}</head>\r\n<body class=home>\n<header>TOP</header>\n<main>\n",
            self.lang, self.head
        )
    }

    /// What comes behind the body's own markup.
    #[must_use]
    pub fn bottom(&self) -> String {
        "\n</main>\n<footer>BOTTOM &copy; <br/></footer>\n</body>\n</html>\n".to_owned()
    }

    /// The whole page.
    #[must_use]
    pub fn html(&self) -> String {
        self.around(&self.body)
    }

    /// The whole page with another body: what a test expects.
    #[must_use]
    pub fn around(&self, body: &str) -> String {
        format!("{}{body}{}", self.top(), self.bottom())
    }
}

/// `<div data-cdp-experience="ID">…</div>`.
#[must_use]
pub fn component(friendly_id: &str, content: &str) -> String {
    format!("<div class=\"hero\" data-cdp-experience=\"{friendly_id}\">{content}</div>")
}

/// `<template data-cdp-variant="ID">…</template>`.
#[must_use]
pub fn variant(id: &str, content: &str) -> String {
    format!("<template data-cdp-variant=\"{id}\">{content}</template>")
}
