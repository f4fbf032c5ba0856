//! The program: its one line, its ports, its end.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use serde_json::Value;

#[test]
fn it_announces_both_ports_and_ends_with_its_parents_pipe() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_standin"))
        .args([
            "--xm",
            "127.0.0.1:0",
            "--cdp",
            "127.0.0.1:0",
            "--exit-with-stdin",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let announced: Value = serde_json::from_str(&line).unwrap();
    for name in ["xm", "cdp"] {
        let address = announced[name]
            .as_str()
            .unwrap()
            .strip_prefix("http://")
            .unwrap();
        std::net::TcpStream::connect(address).unwrap();
    }
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_port_in_use_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = Command::new(env!("CARGO_BIN_EXE_standin"))
        .args(["--xm", &address, "--cdp", "127.0.0.1:0"])
        .output()
        .unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains(&address));
}
