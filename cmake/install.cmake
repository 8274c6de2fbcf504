# SPDX-License-Identifier: BSL-1.0
include(CMakePackageConfigHelpers)

get_property(libraries GLOBAL PROPERTY SCEPKIT_LIBRARIES)
install(TARGETS ${libraries} EXPORT scepkitTargets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
  RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR}
  FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT scepkitTargets NAMESPACE scepkit:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/scepkit)

get_property(programs GLOBAL PROPERTY SCEPKIT_PROGRAMS)
if(programs)
  install(TARGETS ${programs} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()

configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/scepkitConfig.cmake.in
  ${PROJECT_BINARY_DIR}/scepkitConfig.cmake INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/scepkit)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/scepkitConfigVersion.cmake
  VERSION ${PROJECT_VERSION} COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/scepkitConfig.cmake ${PROJECT_BINARY_DIR}/scepkitConfigVersion.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/scepkit)

# pkg-config: one file a library; Boost has none of its own, so its two compiled parts are named as flags.
# The prefix is where the file lies, so that `cmake --install --prefix` and a moved folder work.
file(RELATIVE_PATH PC_PREFIX "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
function(scepkit_pkg_config component description requires libs)
  set(PC_NAME scepkit-${component})
  set(PC_DESCRIPTION "${description}")
  set(PC_REQUIRES "${requires}")
  set(PC_LIBS "-lscepkit_${component} ${libs}")
  configure_file(${PROJECT_SOURCE_DIR}/cmake/scepkit.pc.in ${PROJECT_BINARY_DIR}/scepkit-${component}.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/scepkit-${component}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endfunction()
scepkit_pkg_config(core "SCEP messages, CMS envelopes and certificates without I/O" "libcrypto >= 3.0" "-lboost_url")
scepkit_pkg_config(diagnosis "SCEP and NDES diagnosis from facts and files" "scepkit-core" "-lboost_json")
if(SCEPKIT_BUILD_NET)
  scepkit_pkg_config(net "SCEP client and server over HTTP and TLS" "scepkit-core libssl >= 3.0" "-pthread")
  scepkit_pkg_config(doctor "SCEP endpoint checker" "scepkit-net scepkit-diagnosis" "")
  scepkit_pkg_config(simulator "An embedded NDES" "scepkit-net" "")
endif()
