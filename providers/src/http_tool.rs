//! Tools that an operator declares: the model's call becomes an HTTP request.
//!
//! The address may have placeholders: `https://clinic.example/appointments/{id}?date={date}`. Each names a required
//! argument with a simple type, whose value is put in percent-encoded and can change neither host nor path around it.
//! Other arguments travel in the query (GET, DELETE) or as JSON body (POST, PUT, PATCH); a body of another shape is given as
//! a JSON template in which `"{name}"` stands for an argument.
//!
//! The model writes the arguments, and a caller can talk a model into much. So nothing is sent before the arguments
//! fit the declared schema; the host is fixed by the operator; redirects are not followed; and unless the operator
//! allows it, no address inside the operator's network is reached (see `address`).
//!
//! A service that takes its time may answer with lines of JSON (`application/x-ndjson`) and tell on the way what it has: a
//! line `{"interim": …}`, with text or any other JSON in it, is an interim result; the first line that is anything else is
//! the result, and nothing after it is read. The model reads interim results of tools that run in the background.
//!
//! What comes back is text for the model. A failure is a sentence that the model can act on; neither carries the header
//! values that went out, should the service repeat them.

mod address;
mod answer;
mod arguments;
mod lines;
mod template;

use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use pipeline::ports::{AfterTool, Interims, Tool, ToolError, ToolOutput, ToolSpec};
use reqwest::{
    Client, Method, Request, Url,
    header::{
        ACCEPT, CONNECTION, CONTENT_LENGTH, HOST, HeaderMap, HeaderName, HeaderValue, TRANSFER_ENCODING,
    },
    redirect,
};
use serde_json::{Map, Value};
use tokio::time::timeout;

use self::template::{AddressTemplate, BodyTemplate};
use crate::secret::Secret;

/// What a tool may take beyond its time until it has said that it failed.
const SPARE: Duration = Duration::from_secs(1);

/// A tool as its operator declares it.
#[derive(Clone)]
pub struct HttpToolConfig {
    /// What the model calls it by.
    pub name: String,
    /// What it does, for the model.
    pub description: String,
    /// JSON schema of its arguments: an object. Checked are `required`, `type`, `enum`, `items` and nested `properties`;
    /// an argument that is not declared is refused unless `additionalProperties` says otherwise.
    pub parameters: Value,
    /// How the service is asked.
    pub method: HttpMethod,
    /// Where the service is, with placeholders after the host.
    pub url: String,
    /// Headers that go with each request.
    pub headers: BTreeMap<String, Secret>,
    /// The body's template, where the arguments as a JSON object are not the right shape. Optional arguments that are
    /// not given leave their key out.
    pub body: Option<Value>,
    /// How long an answer may take. 5 s is usual: a caller does not wait longer in silence.
    pub timeout: Duration,
    /// Which addresses may be reached.
    pub reach: Reach,
}

/// The methods that a tool can use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HttpMethod {
    /// Arguments in the query.
    Get,
    /// Arguments as JSON body.
    Post,
    /// Arguments as JSON body.
    Put,
    /// Arguments as JSON body.
    Patch,
    /// Arguments in the query.
    Delete,
}

/// Which addresses a tool may reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Public ones only.
    Public,
    /// Also private, link-local and loopback ones (`allow_private`): for a service beside the worker. Whoever may set
    /// this can make the worker ask any server that the worker can reach.
    Private,
}

/// What is wrong with a tool's declaration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("tool {tool}: {reason}")]
pub struct HttpToolFault {
    /// The tool's name.
    pub tool: String,
    /// What is wrong and what to do.
    pub reason: String,
}

/// A tool behind HTTP. One for all calls of an agent: its connections are kept.
pub struct HttpTool {
    spec: ToolSpec,
    method: HttpMethod,
    address: AddressTemplate,
    headers: HeaderMap,
    secrets: Vec<Secret>,
    body: Option<BodyTemplate>,
    timeout: Duration,
    client: Client,
}

impl HttpTool {
    /// Checks the declaration and prepares the connections; opens none.
    ///
    /// # Errors
    /// A [`HttpToolFault`] that names what is wrong with the declaration.
    pub fn new(config: HttpToolConfig) -> Result<Self, HttpToolFault> {
        let tool = config.name.clone();
        Self::build(config).map_err(|reason| HttpToolFault { tool, reason })
    }

    fn build(config: HttpToolConfig) -> Result<Self, String> {
        let HttpToolConfig {
            name,
            description,
            parameters,
            method,
            url,
            headers,
            body,
            timeout,
            reach,
        } = config;
        let address = AddressTemplate::parse(&url, &parameters)?;
        let body = body
            .map(|template| BodyTemplate::parse(template, &parameters))
            .transpose()?;
        if body.is_some() && method.puts_arguments_into_query() {
            return Err(
                "GET and DELETE have no body: leave the body template out or use POST, PUT or PATCH".into(),
            );
        }
        let mut client = Client::builder()
            .redirect(redirect::Policy::none())
            // A proxy would connect in our place, to addresses that we could not check.
            .no_proxy()
            .referer(false);
        if reach == Reach::Public {
            address::check_host(address.probe())?;
            client = client.dns_resolver(Arc::new(address::PublicNames));
        }
        let client = client
            .build()
            .map_err(|_| "the HTTP client could not be set up; check the system's certificates")?;
        let secrets = headers.values().cloned().collect();
        Ok(Self {
            spec: ToolSpec {
                name,
                description,
                parameters,
            },
            method,
            address,
            headers: header_map(headers)?,
            secrets,
            body,
            timeout,
            client,
        })
    }

    /// The request for these arguments, which fit the schema.
    fn request(&self, mut arguments: Map<String, Value>) -> Result<Request, ToolError> {
        let mut url = self.address.fill(&arguments)?;
        let body = self.body.as_ref().map(|template| template.fill(&arguments));
        arguments.retain(|name, _| !self.address.uses(name));
        let mut request = if self.method.puts_arguments_into_query() {
            append_query(&mut url, &arguments);
            Request::new(self.method.into(), url)
        } else {
            let mut request = Request::new(self.method.into(), url);
            let body = body.unwrap_or(Value::Object(arguments));
            *request.body_mut() = Some(body.to_string().into());
            request.headers_mut().insert(
                reqwest::header::CONTENT_TYPE,
                HeaderValue::from_static("application/json"),
            );
            request
        };
        request.headers_mut().insert(
            ACCEPT,
            HeaderValue::from_static("application/json, application/x-ndjson, text/plain;q=0.9"),
        );
        request.headers_mut().extend(self.headers.clone());
        Ok(request)
    }

    async fn ask(&self, request: Request, interims: &Interims) -> Result<String, ToolError> {
        let name = &self.spec.name;
        let response = self
            .client
            .execute(request)
            .await
            .map_err(|error| answer::no_response(name, &error))?;
        let tell = |text: String| interims.tell(&self.redact(text));
        answer::read(name, response, &tell).await
    }

    fn redact(&self, text: String) -> String {
        self.secrets.iter().fold(text, |text, secret| secret.redact(text))
    }
}

#[async_trait]
impl Tool for HttpTool {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    /// It keeps to its own time and says so better than anybody else could.
    fn deadline(&self) -> Option<Duration> {
        Some(self.timeout + SPARE)
    }

    async fn run(&self, arguments: Value, interims: &Interims) -> Result<ToolOutput, ToolError> {
        let arguments = arguments::check(&self.spec.parameters, arguments)?;
        let request = self.request(arguments)?;
        let answered = match timeout(self.timeout, self.ask(request, interims)).await {
            Ok(answered) => answered,
            Err(_) => Err(answer::too_late(&self.spec.name, self.timeout)),
        };
        match answered {
            Ok(text) => Ok(ToolOutput {
                text: self.redact(text).into(),
                then: AfterTool::Answer,
            }),
            Err(ToolError(sentence)) => Err(ToolError(self.redact(sentence))),
        }
    }
}

impl fmt::Debug for HttpTool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpTool")
            .field("name", &self.spec.name)
            .field("method", &self.method)
            .finish_non_exhaustive()
    }
}

/// Without the address: operators put keys into queries.
impl fmt::Debug for HttpToolConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpToolConfig")
            .field("name", &self.name)
            .field("method", &self.method)
            .field("reach", &self.reach)
            .finish_non_exhaustive()
    }
}

impl HttpMethod {
    fn puts_arguments_into_query(self) -> bool {
        matches!(self, Self::Get | Self::Delete)
    }
}

impl From<HttpMethod> for Method {
    fn from(method: HttpMethod) -> Self {
        match method {
            HttpMethod::Get => Self::GET,
            HttpMethod::Post => Self::POST,
            HttpMethod::Put => Self::PUT,
            HttpMethod::Patch => Self::PATCH,
            HttpMethod::Delete => Self::DELETE,
        }
    }
}

fn header_map(headers: BTreeMap<String, Secret>) -> Result<HeaderMap, String> {
    let mut map = HeaderMap::new();
    for (name, secret) in headers {
        let header =
            HeaderName::from_bytes(name.as_bytes()).map_err(|_| format!("{name:?} is no header's name"))?;
        // These belong to the connection; set by hand they make two servers on the way read two different requests.
        if [HOST, CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING].contains(&header) {
            return Err(format!(
                "the header {header} is set by the connection itself: leave it out"
            ));
        }
        let mut value = HeaderValue::from_str(secret.reveal()).map_err(|_| {
            format!("the value of header {header} has characters that cannot stand in a header")
        })?;
        value.set_sensitive(true);
        map.insert(header, value);
    }
    Ok(map)
}

fn append_query(url: &mut Url, arguments: &Map<String, Value>) {
    let given = arguments.iter().filter(|(_, value)| !value.is_null());
    let pairs: Vec<(&str, String)> = given
        .map(|(name, value)| (name.as_str(), template::as_text(value)))
        .collect();
    if !pairs.is_empty() {
        url.query_pairs_mut().extend_pairs(pairs);
    }
}
