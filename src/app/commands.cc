#include "app/commands.h"

#include "app/demo.h"
#include "app/doctor.h"
#include "app/doctor_report.h"
#include "app/explain.h"
#include "app/serve.h"
#include "config/load.h"
#include "config/problem.h"
#include "config/render.h"
#include "config/snapshot.h"
#include "core/version.h"

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <iostream>
#include <optional>
#include <signal.h>
#include <string>
#include <utility>

namespace yatagarasu::app {
namespace {

// The configuration, or nothing after its problems were printed.
std::optional<config::Snapshot> load(const std::string& file) {
  auto snapshot = config::load_file(file);
  if (snapshot) return *std::move(snapshot);
  for (const config::Problem& problem : snapshot.error()) {
    fmt::print(stderr, "{}\n", problem.format());
  }
  return std::nullopt;
}

int check(const std::string& file) {
  const auto snapshot = load(file);
  if (!snapshot) return kExitBadUsage;
  for (const config::Problem& warning : snapshot->warnings) {
    fmt::print(stderr, "{} (warning)\n", warning.format());
  }
  fmt::print("{}", config::render_redacted(*snapshot));
  return kExitFine;
}

// A token is best not written on a command line, where others can read it.
std::string read_token_from_stdin() {
  std::string token;
  std::getline(std::cin, token);
  return token;
}

int explain(const std::string& file, const std::string& url, std::optional<std::string> token) {
  const auto snapshot = load(file);
  if (!snapshot) return kExitBadUsage;
  if (token == "-") token = read_token_from_stdin();
  const ExplainedUrl explained = explain_url(*snapshot, url, token);
  fmt::print("{}", explained.text);
  return explained.is_served ? kExitFine : kExitFailed;
}

int doctor(const std::string& file, const DoctorOptions& options) {
  const auto snapshot = load(file);
  if (!snapshot) return kExitBadUsage;
  std::signal(SIGPIPE, SIG_IGN);  // A store that hangs up is a finding.
  const auto diagnoses = diagnose(*snapshot, options);
  if (!diagnoses) {
    fmt::print(stderr, "yatagarasu: {}\n", diagnoses.error().detail);
    return kExitBadUsage;
  }
  fmt::print("{}", render_report(*diagnoses));
  return is_healthy(*diagnoses) ? kExitFine : kExitFailed;
}

int serve_file(const std::string& file) {
  auto snapshot = load(file);
  return snapshot ? serve(file, *std::move(snapshot)) : kExitBadUsage;
}

}  // namespace

int run_command(int count, const char* const* arguments) {
  CLI::App app("A read-only S3 proxy: routes by path, signs, streams.", "yatagarasu");
  app.set_version_flag("--version", std::string("yatagarasu ") + core::kVersion);
  app.require_subcommand(0, 1);
  std::string file;
  app.add_option("-c,--config", file, "The configuration file; without a command: serve it");

  std::string url;
  bool is_reference = false;
  DemoOptions demo_options;
  CLI::App* const serve_command = app.add_subcommand("serve", "Run the proxy");
  CLI::App* const check_command =
      app.add_subcommand("check", "Validate the configuration and print it, secrets hidden");
  CLI::App* const explain_command = app.add_subcommand(
      "explain", "Print the bucket, key and signed request of a URL, without network");
  CLI::App* const doctor_command =
      app.add_subcommand("doctor", "Ask each bucket what works, and say what to mend");
  for (CLI::App* const command : {serve_command, check_command, explain_command, doctor_command}) {
    command->add_option("-c,--config", file, "The configuration file")->required();
  }
  explain_command->add_option("URL", url, "A path such as /products/a.txt, or a whole URL")
      ->required();
  std::optional<std::string> token;
  explain_command->add_option(
      "--token", token, "Also say whether this token is let in; - reads it from standard input");
  DoctorOptions doctor_options;
  CLI::Option* const bucket_option = doctor_command->add_option("--bucket", doctor_options.bucket,
                                                                "Ask only the one of this name");
  doctor_command
      ->add_option("--key", doctor_options.key,
                   "An object that exists there, for credentials that may not list the bucket")
      ->needs(bucket_option);
  CLI::App* const schema_command =
      app.add_subcommand("schema", "Print the configuration's JSON Schema");
  schema_command->add_flag("--reference", is_reference, "Print the reference in Markdown instead");
  CLI::App* const demo_command = app.add_subcommand(
      "demo", "Serve a directory through the proxy from a built-in S3-compatible origin");
  demo_command->add_option("DIR", demo_options.directory,
                           "What to serve; default: a sample shipped with the program");
  demo_command->add_flag("--once", demo_options.once, "End after showing a few requests");

  try {
    app.parse(count, arguments);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kExitFine : kExitBadUsage;
  }
  if (serve_command->parsed()) return serve_file(file);
  if (check_command->parsed()) return check(file);
  if (explain_command->parsed()) return explain(file, url, token);
  if (doctor_command->parsed()) return doctor(file, doctor_options);
  if (demo_command->parsed()) return demo(demo_options);
  if (schema_command->parsed()) {
    fmt::print("{}", is_reference ? config::render_reference() : config::render_schema());
    return kExitFine;
  }
  if (!file.empty()) return serve_file(file);
  fmt::print(stderr, "{}", app.help());
  return kExitBadUsage;
}

}  // namespace yatagarasu::app
