//! A business's booking service: what is free, and appointments. The other end of an agent's HTTP tools.
//!
//! | request | answer |
//! |---|---|
//! | `GET /availability?date=2026-12-01` | 200 `{"date", "free": ["09:00", …]}`; 400 without a date |
//! | `POST /appointments {"date", "time", "name"}` | 201 with its id; 409 when the hour is taken; 422 when something is missing |
//! | `GET /appointments/{id}` | 200 or 404 |
//! | `DELETE /appointments/{id}` | 204 or 404 |

use std::{
    collections::{BTreeMap, HashMap},
    io,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::{Path, Query, Request, State},
    http::{StatusCode, header},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use futures_util::StreamExt;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::{log::Log, loopback::Loopback};

/// The hours of every day.
const HOURS: [&str; 8] = [
    "09:00", "10:00", "11:00", "12:00", "13:00", "14:00", "15:00", "16:00",
];

/// The running service.
#[derive(Debug)]
pub struct BookingDouble {
    server: Loopback,
    office: Arc<Office>,
}

/// How the service behaves. The default is well.
#[derive(Clone, Debug, Default)]
pub struct Manners {
    /// Time before each answer.
    pub delay: Duration,
    /// What it does instead of its work.
    pub fault: Option<BookingFault>,
}

/// What the service can do instead of its work.
#[derive(Clone, Debug)]
pub enum BookingFault {
    /// Answers with this status and a short text.
    Status(u16),
    /// Sends the client elsewhere.
    Redirect(String),
    /// Answers with this many bytes of text.
    Flood(usize),
    /// Answers with bytes that are no text.
    NotText,
    /// Answers with the headers that it got, as some diagnostic pages do.
    Echo,
    /// Breaks the connection in mid-answer.
    Cut,
    /// Answers with these pieces of lines of JSON, so long after each other.
    Lines(Duration, Vec<&'static str>),
}

/// One request.
#[derive(Clone, Debug)]
pub struct Visit {
    /// When it was read.
    pub received: Instant,
    /// Its method.
    pub method: String,
    /// Path and query as they stood in the request line.
    pub target: String,
    /// Its headers, names in lower case.
    pub headers: BTreeMap<String, String>,
    /// Its body.
    pub body: String,
}

/// An appointment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appointment {
    /// Its id.
    pub id: String,
    /// The day.
    pub date: String,
    /// The hour.
    pub time: String,
    /// Whose it is.
    pub name: String,
}

#[derive(Debug)]
struct Office {
    visits: Log<Visit>,
    manners: watch::Sender<Manners>,
    /// Cancelled ones stay in their place, so that ids are never given twice.
    diary: watch::Sender<Vec<Option<Appointment>>>,
}

impl BookingDouble {
    /// Starts a service with an empty diary.
    ///
    /// # Errors
    /// When no loopback port can be had.
    pub async fn start() -> io::Result<Self> {
        let office = Arc::new(Office {
            visits: Log::new(),
            manners: watch::Sender::new(Manners::default()),
            diary: watch::Sender::new(Vec::new()),
        });
        let routes = Router::new()
            .route("/availability", get(availability))
            .route("/appointments", post(book))
            .route("/appointments/{id}", get(look_up).delete(cancel))
            .layer(from_fn_with_state(office.clone(), receive))
            .with_state(office.clone());
        Ok(Self {
            server: Loopback::serve(routes).await?,
            office,
        })
    }

    /// `http://127.0.0.1:<port>`.
    pub fn url(&self) -> String {
        format!("http://{}", self.server.address())
    }

    /// Changes how the next requests are treated.
    pub fn behave(&self, manners: Manners) {
        self.office.manners.send_replace(manners);
    }

    /// All requests so far, oldest first.
    pub fn visits(&self) -> Vec<Visit> {
        self.office.visits.entries()
    }

    /// Waits for request `number`, counted from 0.
    pub async fn visited(&self, number: usize) -> Visit {
        self.office.visits.when(number, |_| true).await
    }

    /// The appointments that stand.
    pub fn appointments(&self) -> Vec<Appointment> {
        self.office.diary.borrow().iter().flatten().cloned().collect()
    }
}

/// Notes each request and applies the manners of the moment.
async fn receive(State(office): State<Arc<Office>>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, 1 << 20).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let headers: BTreeMap<String, String> = parts
        .headers
        .iter()
        .map(|(name, value)| {
            (
                name.to_string(),
                String::from_utf8_lossy(value.as_bytes()).into_owned(),
            )
        })
        .collect();
    office.visits.add(Visit {
        received: Instant::now(),
        method: parts.method.to_string(),
        target: parts
            .uri
            .path_and_query()
            .map(ToString::to_string)
            .unwrap_or_default(),
        headers: headers.clone(),
        body: String::from_utf8_lossy(&body).into_owned(),
    });
    let manners = office.manners.borrow().clone();
    tokio::time::sleep(manners.delay).await;
    match manners.fault {
        None => next.run(Request::from_parts(parts, Body::from(body))).await,
        Some(fault) => fault.response(&headers),
    }
}

impl BookingFault {
    fn response(self, headers: &BTreeMap<String, String>) -> Response {
        match self {
            Self::Status(status) => {
                let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                (status, "the booking service is not well").into_response()
            }
            Self::Redirect(location) => (StatusCode::FOUND, [(header::LOCATION, location)]).into_response(),
            Self::Flood(bytes) => "x".repeat(bytes).into_response(),
            Self::NotText => vec![0xff_u8, 0xfe, 0x00, 0x80].into_response(),
            Self::Echo => Json(headers).into_response(),
            Self::Cut => {
                let pieces = [
                    Ok(Bytes::from_static(b"{\"free\":[")),
                    Err(io::Error::other("cut by the program")),
                ];
                Body::from_stream(futures_util::stream::iter(pieces)).into_response()
            }
            Self::Lines(pause, pieces) => {
                let pieces = futures_util::stream::iter(pieces).then(move |piece| async move {
                    tokio::time::sleep(pause).await;
                    Ok::<_, io::Error>(Bytes::from_static(piece.as_bytes()))
                });
                let kind = [(header::CONTENT_TYPE, "application/x-ndjson")];
                (kind, Body::from_stream(pieces)).into_response()
            }
        }
    }
}

async fn availability(
    State(office): State<Arc<Office>>,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    let Some(date) = query.get("date") else {
        return complain(StatusCode::BAD_REQUEST, "the date is missing");
    };
    let diary = office.diary.borrow();
    let taken = |hour: &str| {
        diary
            .iter()
            .flatten()
            .any(|entry| &entry.date == date && entry.time == hour)
    };
    let free: Vec<&str> = HOURS.into_iter().filter(|hour| !taken(hour)).collect();
    Json(json!({"date": date, "free": free})).into_response()
}

async fn book(State(office): State<Arc<Office>>, Json(wish): Json<Value>) -> Response {
    let field = |name: &str| wish[name].as_str().map(str::to_owned);
    let (Some(date), Some(time), Some(name)) = (field("date"), field("time"), field("name")) else {
        return complain(StatusCode::UNPROCESSABLE_ENTITY, "date, time and name are needed");
    };
    let mut booked = None;
    office.diary.send_modify(|diary| {
        let taken = diary
            .iter()
            .flatten()
            .any(|entry| entry.date == date && entry.time == time);
        if !taken && HOURS.contains(&time.as_str()) {
            let appointment = Appointment {
                id: format!("A-{}", diary.len() + 1),
                date,
                time,
                name,
            };
            booked = Some(appointment.clone());
            diary.push(Some(appointment));
        }
    });
    match booked {
        Some(appointment) => (StatusCode::CREATED, Json(describe(&appointment))).into_response(),
        None => complain(StatusCode::CONFLICT, "this hour is not free"),
    }
}

async fn look_up(State(office): State<Arc<Office>>, Path(id): Path<String>) -> Response {
    let diary = office.diary.borrow();
    match diary.iter().flatten().find(|entry| entry.id == id) {
        Some(appointment) => Json(describe(appointment)).into_response(),
        None => complain(StatusCode::NOT_FOUND, "no such appointment"),
    }
}

async fn cancel(State(office): State<Arc<Office>>, Path(id): Path<String>) -> Response {
    let mut found = false;
    office.diary.send_modify(|diary| {
        for entry in diary
            .iter_mut()
            .filter(|entry| entry.as_ref().is_some_and(|held| held.id == id))
        {
            *entry = None;
            found = true;
        }
    });
    if found {
        StatusCode::NO_CONTENT.into_response()
    } else {
        complain(StatusCode::NOT_FOUND, "no such appointment")
    }
}

fn describe(appointment: &Appointment) -> Value {
    let Appointment { id, date, time, name } = appointment;
    json!({"id": id, "date": date, "time": time, "name": name})
}

fn complain(status: StatusCode, error: &str) -> Response {
    (status, Json(json!({ "error": error }))).into_response()
}
