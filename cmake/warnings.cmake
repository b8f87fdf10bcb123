# One interface target carries what every target of ours is compiled with.
add_library(chat_options INTERFACE)
target_compile_definitions(chat_options INTERFACE _GNU_SOURCE CHAT_VERSION="${PROJECT_VERSION}")
target_compile_options(chat_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition
  -Wpointer-arith -Wcast-qual -Wwrite-strings -Wundef -Wvla -Wformat=2 -Wimplicit-fallthrough
  -fno-common -fstack-protector-strong)
if(CHAT_WERROR)
  target_compile_options(chat_options INTERFACE -Werror)
endif()
if(CHAT_SANITIZE)
  target_compile_options(chat_options INTERFACE -fsanitize=${CHAT_SANITIZE}
    -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(chat_options INTERFACE -fsanitize=${CHAT_SANITIZE})
endif()
if(CHAT_FUZZ)
  target_compile_options(chat_options INTERFACE -fsanitize=fuzzer-no-link)
endif()

# assert() guards invariants in every build.
foreach(type RELEASE RELWITHDEBINFO MINSIZEREL)
  string(REPLACE "-DNDEBUG" "" CMAKE_C_FLAGS_${type} "${CMAKE_C_FLAGS_${type}}")
endforeach()
