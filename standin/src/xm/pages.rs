//! In: the embedded templates and what a page is about. Out: HTML text. Never a header.

use include_dir::{Dir, include_dir};
use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, Value, context};

use crate::clock::ticks;

static SITE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/site");

/// The site's templates and products.
#[derive(Debug)]
pub struct Pages {
    environment: Environment<'static>,
    products: Vec<Value>,
}

impl Pages {
    /// The templates of `site/`.
    ///
    /// # Panics
    /// When a template or the list of products is malformed, which the tests exclude.
    #[must_use]
    pub fn embedded() -> Self {
        let mut environment = Environment::new();
        let whitespace = SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .keep_trailing_newline(true)
            .build();
        environment.set_syntax(whitespace.expect("only whitespace is set"));
        for folder in ["pages", "parts", "fragments"] {
            for file in SITE.get_dir(folder).into_iter().flat_map(Dir::files) {
                let name = file.path().to_string_lossy().replace('\\', "/");
                let text = file
                    .contents_utf8()
                    .unwrap_or_else(|| panic!("{name} is not UTF-8"));
                environment
                    .add_template_owned(name.clone(), text.to_owned())
                    .unwrap_or_else(|error| panic!("{name}: {error}"));
            }
        }
        let products = SITE
            .get_file("products.json")
            .and_then(|file| serde_json::from_slice(file.contents()).ok())
            .expect("products.json is a list");
        Self {
            environment,
            products,
        }
    }

    /// The product at `/products/{slug}`.
    #[must_use]
    pub fn product(&self, slug: &str) -> Option<Value> {
        let has_slug = |product: &&Value| {
            product
                .get_attr("slug")
                .is_ok_and(|found| found.as_str() == Some(slug))
        };
        self.products.iter().find(has_slug).cloned()
    }

    /// The template, filled.
    ///
    /// # Panics
    /// When a template fails, which the tests exclude.
    #[must_use]
    pub fn render(&self, template: &str, page: Value) -> String {
        let context = context! { products => self.products.clone(), ..page };
        let template = self
            .environment
            .get_template(template)
            .unwrap_or_else(|error| panic!("{template}: {error}"));
        template
            .render(context)
            .unwrap_or_else(|error| panic!("{error:#}"))
    }
}

/// What every page of XM carries: the time of this very rendering, and ids that differ each time.
#[must_use]
pub fn rendering(now_ms: i64, page_id: &str) -> Value {
    context! { ticks => ticks(now_ms), rendering_id => page_id, year => 2026 }
}

/// A file below `site/media`.
#[must_use]
pub fn media_file(path: &str) -> Option<&'static [u8]> {
    SITE.get_file(format!("media/{path}"))
        .map(include_dir::File::contents)
}
