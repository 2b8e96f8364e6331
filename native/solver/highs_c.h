// The few functions of HiGHS's C interface that are used here, as HiGHS 1.15 exports them: its Python wheel
// carries the library without headers. Status codes and enumerations are those of the HiGHS documentation.
#pragma once

#include <cstdint>

extern "C" {

using HighsInt = int32_t;
struct HighsCallbackDataOut;
// HiGHS promises that the interrupt flag stays the first field; nothing else of it is touched.
struct HighsCallbackDataIn {
  int user_interrupt;
};
using HighsCallback = void (*)(int type, const char* message, const HighsCallbackDataOut* out, HighsCallbackDataIn* in,
                               void* user);

void* Highs_create();
void Highs_destroy(void* highs);
const char* Highs_version();
HighsInt Highs_getSizeofHighsInt(const void* highs);
HighsInt Highs_passMip(void* highs, HighsInt columns, HighsInt rows, HighsInt entries, HighsInt format, HighsInt sense,
                       double offset, const double* cost, const double* column_lower, const double* column_upper,
                       const double* row_lower, const double* row_upper, const HighsInt* starts,
                       const HighsInt* indices, const double* values, const HighsInt* integrality);
HighsInt Highs_setBoolOptionValue(void* highs, const char* option, HighsInt value);
HighsInt Highs_setIntOptionValue(void* highs, const char* option, HighsInt value);
HighsInt Highs_setDoubleOptionValue(void* highs, const char* option, double value);
HighsInt Highs_setStringOptionValue(void* highs, const char* option, const char* value);
HighsInt Highs_setSolution(void* highs, const double* column_value, const double* row_value, const double* column_dual,
                           const double* row_dual);
HighsInt Highs_setCallback(void* highs, HighsCallback callback, void* user);
HighsInt Highs_startCallback(void* highs, int type);
const void* Highs_getCallbackDataOutItem(const HighsCallbackDataOut* out, const char* name);
HighsInt Highs_run(void* highs);
HighsInt Highs_getModelStatus(const void* highs);
HighsInt Highs_getSolution(const void* highs, double* column_value, double* column_dual, double* row_value,
                           double* row_dual);
HighsInt Highs_getDoubleInfoValue(const void* highs, const char* info, double* value);
HighsInt Highs_getInt64InfoValue(const void* highs, const char* info, int64_t* value);
double Highs_getInfinity(const void* highs);
HighsInt Highs_resetGlobalScheduler(HighsInt blocking);

}  // extern "C"
