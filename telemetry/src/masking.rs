//! Telephone numbers for logs.

/// How many digits at the end stay readable: enough to tell two calls apart, too few to call back.
const READABLE: usize = 2;

/// A telephone number or SIP address for the log: every digit but the last two is replaced, the rest stays, so that the
/// kind of number is still seen.
///
/// ```
/// assert_eq!(telemetry::masked_number("+7 (916) 123-45-67"), "+* (***) ***-**-67");
/// ```
pub fn masked_number(number: &str) -> String {
    let digits = number.chars().filter(char::is_ascii_digit).count();
    let hidden = if digits > READABLE {
        digits - READABLE
    } else {
        digits
    };
    let mut seen = 0;
    number
        .chars()
        .map(|character| {
            if !character.is_ascii_digit() {
                return character;
            }
            seen += 1;
            if seen <= hidden { '*' } else { character }
        })
        .collect()
}
