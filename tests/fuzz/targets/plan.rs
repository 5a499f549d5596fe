//! Saved plans.

use stackanetes::plan::SavedPlan;

use super::shown;

/// Reads a plan. What is written of it is read back as the same.
pub fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let saved = match SavedPlan::read("plan.json", &text) {
        Ok(saved) => saved,
        Err(error) => return shown::error(&error),
    };
    let written = serde_json::to_string(&saved).unwrap_or_default();
    let again = SavedPlan::read("plan.json", &written).ok();
    assert_eq!(again.as_ref(), Some(&saved), "{written}");
}
