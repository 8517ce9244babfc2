//! The data file.

use serde::Deserialize;

/// All sections of an RFC that are looked at.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// In their order.
    #[serde(rename = "section")]
    pub sections: Vec<Section>,
}

/// One section.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// Such as `17.1.1.2`.
    pub number: String,
    /// What it is about.
    pub title: String,
    /// What it demands.
    #[serde(rename = "must")]
    pub musts: Vec<Must>,
}

/// One demand.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Must {
    /// Such as `17.1.1.2-3`.
    pub id: String,
    /// What it is, in one line.
    pub text: String,
    /// Which step of the section's numbered list it is in.
    pub step: Option<u8>,
    /// What citations cannot say.
    #[serde(default)]
    pub state: State,
    /// Why that is so.
    #[serde(default)]
    pub why: String,
}

/// What becomes of a demand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It is obeyed, as far as anybody knows: that is for the citations to show.
    #[default]
    Library,
    /// It is a duty of who uses the library.
    User,
    /// On purpose it is not followed to the letter.
    Differs,
    /// It is not obeyed yet.
    Unmet,
}

impl Document {
    /// Reads the data file.
    ///
    /// # Errors
    ///
    /// What is wrong with it: also an id that is not its place, and a difference without a reason.
    pub fn parse(text: &str) -> Result<Self, String> {
        let document: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        for section in &document.sections {
            for (must, number) in section.musts.iter().zip(1..) {
                let id = format!("{}-{number}", section.number);
                if must.id != id {
                    return Err(format!("{} is to be {id}", must.id));
                }
                let owes_reason = matches!(must.state, State::Differs | State::Unmet);
                if owes_reason && must.why.is_empty() {
                    return Err(format!("{id} does not say why"));
                }
            }
        }
        Ok(document)
    }

    /// All demands, each with its section.
    pub fn musts(&self) -> impl Iterator<Item = (&Section, &Must)> {
        self.sections.iter().flat_map(|section| section.musts.iter().map(move |it| (section, it)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_the_data_is_said() {
        let one = |must: &str| {
            let text =
                format!("[[section]]\nnumber = \"1\"\ntitle = \"t\"\n[[section.must]]\n{must}");
            Document::parse(&text).map(|document| document.sections.len())
        };
        assert_eq!(one("id = \"1-1\"\ntext = \"x\""), Ok(1));
        assert_eq!(one("id = \"1-2\"\ntext = \"x\""), Err("1-2 is to be 1-1".to_owned()));
        let silent = one("id = \"1-1\"\ntext = \"x\"\nstate = \"unmet\"");
        assert_eq!(silent, Err("1-1 does not say why".to_owned()));
        assert!(one("id = \"1-1\"\ntext = \"x\"\nstate = \"met\"").is_err());
    }
}
