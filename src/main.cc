#include "app/commands.h"

#include <cstdio>
#include <exception>

int main(int count, char** arguments) {
  try {
    return yatagarasu::app::run_command(count, arguments);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "yatagarasu: %s\n", error.what());
    return 1;
  }
}
