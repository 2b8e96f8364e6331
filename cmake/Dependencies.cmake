# Imported targets for the native dependencies: smug::z3, smug::highs, smug::dnnl.
# A missing one leaves its target undefined; the parts that need it are then not built.

set(Z3_ROOT "${SMUG_DEPS}/z3" CACHE PATH "libz3: folder with include/z3.h and lib/libz3.so")
set(HIGHS_ROOT "${SMUG_DEPS}/highs" CACHE PATH "HiGHS: folder with lib/libhighs.so.1")
set(ONEDNN_ROOT "${SMUG_DEPS}/onednn" CACHE PATH "oneDNN 3: folder with include/oneapi/dnnl and lib/libdnnl.so.3")

# smug_import(NAME ROOT "PATTERNS" HEADER): the library under ROOT/lib, by the names that systems give it. Windows links
# against the import library beside it.
function(smug_import name root patterns header)
  list(TRANSFORM patterns PREPEND "${root}/lib/")
  file(GLOB _library ${patterns})
  if(NOT _library OR (header AND NOT EXISTS "${root}/include/${header}"))
    message(STATUS "smug: ${name} not found under ${root}; built without it")
    return()
  endif()
  list(GET _library 0 _library)
  add_library(smug::${name} SHARED IMPORTED GLOBAL)
  set_target_properties(smug::${name} PROPERTIES IMPORTED_LOCATION "${_library}")
  if(WIN32)
    get_filename_component(_stem "${_library}" NAME_WE)
    set_target_properties(smug::${name} PROPERTIES IMPORTED_IMPLIB "${root}/lib/${_stem}.lib")
  endif()
  if(header)
    target_include_directories(smug::${name} SYSTEM INTERFACE "${root}/include")
  endif()
  set_property(GLOBAL APPEND PROPERTY SMUG_RUNTIME_LIBRARIES "${_library}")
endfunction()

smug_import(z3 "${Z3_ROOT}" "libz3.so.*;libz3.dylib;libz3.dll" "z3.h")
smug_import(highs "${HIGHS_ROOT}" "libhighs.so.1;libhighs.1.dylib;highs.dll" "")
if(SMUG_WITH_CPU)
  smug_import(dnnl "${ONEDNN_ROOT}" "libdnnl.so.3;libdnnl.3.dylib;dnnl.dll" "oneapi/dnnl/dnnl.h")
endif()

# Older releases give wrong answers on mask problems (Debian's 4.8.12 says `unsat` where a mask exists),
# and not every build carries a version header: ask the library itself.
if(TARGET smug::z3 AND NOT SMUG_Z3_VERSION)
  get_target_property(_z3_library smug::z3 IMPORTED_LOCATION)
  get_filename_component(_z3_folder "${_z3_library}" DIRECTORY)
  try_run(_z3_ran _z3_compiled "${CMAKE_BINARY_DIR}/z3-version" "${CMAKE_SOURCE_DIR}/cmake/z3_version.cc"
    CMAKE_FLAGS "-DINCLUDE_DIRECTORIES=${Z3_ROOT}/include"
    LINK_LIBRARIES "${_z3_library}" LINK_OPTIONS "-Wl,-rpath,${_z3_folder}"
    RUN_OUTPUT_VARIABLE _z3_version)
  if(NOT _z3_compiled OR NOT _z3_ran EQUAL 0)
    message(FATAL_ERROR "libz3 under ${Z3_ROOT} cannot be linked or loaded. Run `npm run setup` again, or give -DZ3_ROOT=…")
  endif()
  if(_z3_version VERSION_LESS "5.2")
    message(FATAL_ERROR
      "libz3 ${_z3_version} under ${Z3_ROOT} is older than 5.2 and unsound on mask problems. "
      "Run `npm run setup` to fetch the pinned one, or give -DZ3_ROOT=… of a newer build.")
  endif()
  set(SMUG_Z3_VERSION "${_z3_version}" CACHE INTERNAL "version of libz3 that was found")
  message(STATUS "smug: libz3 ${SMUG_Z3_VERSION}")
endif()
