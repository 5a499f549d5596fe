//! XML, as the tests read it.

use std::collections::BTreeMap;

use quick_xml::events::Event;
use quick_xml::{Reader, XmlVersion};

/// An element of XML.
pub struct Element {
    name: String,
    attributes: BTreeMap<String, String>,
}

impl Element {
    /// The value of an attribute; empty where it has none.
    pub fn value(&self, attribute: &str) -> &str {
        self.attributes.get(attribute).map_or("", String::as_str)
    }
}

/// The elements, as they begin.
pub fn xml(text: &str) -> Vec<Element> {
    let mut elements = Vec::new();
    let mut reader = Reader::from_str(text);
    loop {
        match reader.read_event().expect("well-formed XML") {
            Event::Eof => return elements,
            Event::Start(element) | Event::Empty(element) => {
                let attributes = element.attributes().map(|attribute| {
                    let attribute = attribute.expect("a well-formed attribute");
                    let value = attribute.normalized_value(XmlVersion::Implicit1_0);
                    (
                        attribute.key.as_ref().to_owned(),
                        value.expect("an escaped value").into_owned(),
                    )
                });
                elements.push(Element {
                    name: element.name().as_ref().to_owned(),
                    attributes: attributes.collect(),
                });
            }
            _ => {}
        }
    }
}

/// Those of a name.
pub fn of_name<'e>(elements: &'e [Element], name: &str) -> Vec<&'e Element> {
    elements.iter().filter(|element| element.name == name).collect()
}
