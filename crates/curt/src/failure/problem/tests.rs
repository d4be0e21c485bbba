use super::*;

fn read(body: &str) -> Problem {
    Problem::read(StatusCode::UNPROCESSABLE_ENTITY, body.as_bytes())
}

#[test]
fn every_mistake_is_a_line_with_its_flag() {
    let problem = read(
        r#"{"status":422,"code":"invalid_field","detail":"3 fields are not valid","errors":[
            {"field":"original_url","code":"invalid_field","message":"is empty"},
            {"field":"tags[3]","code":"invalid_field","message":"is empty"},
            {"field":"Idempotency-Key","code":"invalid_field","message":"is \u001b[1m long"}]}"#,
    );
    assert_eq!(
        problem.lines(),
        ["URL is empty", "--tag is empty", "--idempotency-key is \\u{1b}[1m long"]
    );
    assert_eq!(problem.exit(), Exit::Rejected);
}

#[test]
fn a_problem_without_fields_is_told_whole() {
    let problem = read(r#"{"status":409,"code":"code_taken","detail":"the code \"a\" is taken"}"#);
    assert_eq!(problem.lines(), ["the code \"a\" is taken"]);
}

#[test]
fn an_answer_that_is_no_problem_tells_its_status() {
    let problem = Problem::read(StatusCode::BAD_GATEWAY, b"<html>");
    assert_eq!(problem.lines(), ["the API answered 502 Bad Gateway"]);
    assert_eq!(problem.exit(), Exit::Failed);
}

#[test]
fn exit_codes_follow_the_status() {
    let exit = |status| Problem { status, ..read("") }.exit();
    assert_eq!(exit(404), Exit::NotFound);
    assert_eq!([409, 412, 422].map(exit), [Exit::Rejected; 3]);
    assert_eq!([500, 503, 507].map(exit), [Exit::Failed; 3]);
}
