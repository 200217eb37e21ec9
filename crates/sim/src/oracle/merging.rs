//! The three-way merge written a second time, from the words of the public API and of the guide. Shares no code with the
//! engine, and knows no strategy.

use serde_json::{Map, Value};

/// What a value becomes that was `was` and is `here` and `there`; `None`: it is not there.
pub(crate) fn merged(
    was: Option<&Value>,
    here: Option<&Value>,
    there: Option<&Value>,
    is_here_later: bool,
) -> Option<Value> {
    let is_edited = (here != was, there != was);
    match (is_edited, here, there) {
        ((false, _), ..) => there.cloned(),
        ((true, false), ..) => here.cloned(),
        (_, Some(Value::Object(mine)), Some(Value::Object(theirs))) => {
            let nothing = Map::new();
            let was = was.and_then(Value::as_object).unwrap_or(&nothing);
            Some(fields(was, mine, theirs, is_here_later).into())
        }
        (_, Some(Value::Array(mine)), Some(Value::Array(theirs))) if has_ids(mine) && has_ids(theirs) => {
            let was = was.and_then(Value::as_array).filter(|was| has_ids(was));
            Some(elements(was.map_or(&[], Vec::as_slice), mine, theirs, is_here_later).into())
        }
        _ => if is_here_later { here } else { there }.cloned(),
    }
}

fn fields(
    was: &Map<String, Value>,
    mine: &Map<String, Value>,
    theirs: &Map<String, Value>,
    is_mine_later: bool,
) -> Map<String, Value> {
    let mut all = mine.clone();
    all.extend(theirs.clone());
    let field = |name: String| {
        let value = merged(was.get(&name), mine.get(&name), theirs.get(&name), is_mine_later)?;
        Some((name, value))
    };
    all.into_iter().filter_map(|(name, _)| field(name)).collect()
}

/// Whether every element is an object with an id that no other one has.
fn has_ids(elements: &[Value]) -> bool {
    let is_id = |id: &&Value| id.is_string() || id.is_number();
    elements.iter().enumerate().all(|(place, element)| {
        element.is_object()
            && element.get("id").filter(is_id).is_some_and(|id| find(elements, id) == Some(place))
    })
}

fn find(elements: &[Value], id: &Value) -> Option<usize> {
    elements.iter().position(|element| element.get("id") == Some(id))
}

fn get<'a>(elements: &'a [Value], id: &Value) -> Option<&'a Value> {
    elements.get(find(elements, id)?)
}

fn ids(elements: &[Value]) -> Vec<&Value> {
    elements.iter().filter_map(|element| element.get("id")).collect()
}

fn elements(was: &[Value], mine: &[Value], theirs: &[Value], is_mine_later: bool) -> Vec<Value> {
    // The order of what all three have says who moved something; who alone did leads, and otherwise the later edit.
    let common = |of: &[Value]| -> Vec<Value> {
        let is_common = |id: &&Value| [was, mine, theirs].iter().all(|all| find(all, id).is_some());
        ids(of).into_iter().filter(is_common).cloned().collect()
    };
    let (old, ours, others) = (common(was), common(mine), common(theirs));
    let is_mine_first = if (ours == old) == (others == old) { is_mine_later } else { ours != old };
    let (first, second) = if is_mine_first { (mine, theirs) } else { (theirs, mine) };
    let value = |id: &Value| merged(get(was, id), get(mine, id), get(theirs, id), is_mine_later);
    let mut result: Vec<Value> = ids(first).into_iter().filter_map(value).collect();
    // Each of the others stands behind what it stood behind, as far as that is still there.
    let mut place = 0;
    for id in ids(second) {
        let Some(kept) = value(id) else { continue };
        match find(&result, id) {
            Some(known) => place = known,
            None => result.insert(place, kept),
        }
        place = place.saturating_add(1);
    }
    result
}
