//! A TCP server that plays scripts. In: a function from request to [`Reply`]. Out: every request it saw, and how
//! many were open at once. It never answers by itself.

use std::{
    collections::HashMap,
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

use crate::{Journal, Reply, Request};

/// A scripted server on a free port of the loopback interface. Dropping it closes every connection.
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    answer: Box<dyn Fn(&Request) -> Reply + Send + Sync>,
    requests: Journal<Request>,
    in_flight: AtomicUsize,
    most_in_flight: AtomicUsize,
    /// The open connections, so that the server's end closes them. A connection's own end removes it first: only
    /// the last handle closes (or resets) a socket.
    connections: Mutex<HashMap<usize, TcpStream>>,
    stopped: AtomicBool,
}

impl Server {
    /// Starts a server; `answer` runs once the request is whole.
    ///
    /// # Panics
    /// When the loopback interface has no free port.
    pub fn start(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let listener =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("no free port on 127.0.0.1");
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            answer: Box::new(answer),
            requests: Journal::default(),
            in_flight: AtomicUsize::new(0),
            most_in_flight: AtomicUsize::new(0),
            connections: Mutex::default(),
            stopped: AtomicBool::new(false),
        });
        let serving = Arc::clone(&shared);
        thread::spawn(move || {
            for (number, stream) in listener.incoming().flatten().enumerate() {
                if serving.stopped.load(Ordering::SeqCst) {
                    break;
                }
                if let Ok(handle) = stream.try_clone() {
                    serving.connections.lock().unwrap().insert(number, handle);
                }
                let connection = Arc::clone(&serving);
                thread::spawn(move || connection.serve(number, stream));
            }
        });
        Self { address, shared }
    }

    /// `http://127.0.0.1:port`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Every request so far, in the order of their heads.
    #[must_use]
    pub fn requests(&self) -> &Journal<Request> {
        &self.shared.requests
    }

    /// The largest number of requests that were open (head read, answer not finished) at the same time.
    #[must_use]
    pub fn most_in_flight(&self) -> usize {
        self.shared.most_in_flight.load(Ordering::SeqCst)
    }
}

impl Shared {
    fn serve(&self, number: usize, mut stream: TcpStream) {
        let _ = stream.set_nodelay(true);
        let mut carried = Vec::new();
        while let Some(request) = Request::read_head(&mut stream, &mut carried) {
            let open = self.in_flight.fetch_add(1, Ordering::SeqCst) + 1;
            self.most_in_flight.fetch_max(open, Ordering::SeqCst);
            self.requests.push(request.clone());
            let whole = request.read_body(&mut stream, &mut carried, || self.requests.touch());
            let reusable = whole.is_some()
                && (self.answer)(&request).play(&mut stream, request.method == "HEAD");
            self.in_flight.fetch_sub(1, Ordering::SeqCst);
            if !reusable {
                break;
            }
        }
        self.connections.lock().unwrap().remove(&number);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        // Wakes the accepting thread.
        drop(TcpStream::connect(self.address));
        for connection in self.shared.connections.lock().unwrap().values() {
            let _ = connection.shutdown(std::net::Shutdown::Both);
        }
    }
}
