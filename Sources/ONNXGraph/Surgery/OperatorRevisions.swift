/// Which versions of ONNX's operator set changed what an operator computes.
///
/// Most new versions of an operator only admit more element types. Two nodes of one operator that
/// differ in nothing but such a version compute the same. Source: the operator changelog of ONNX,
/// opsets 7 to 22.
enum OperatorRevisions {
  /// How often the operator has changed its meaning up to `opset`; `nil` when it is not known.
  static func revision(of operatorType: String, opset: Int) -> Int? {
    changes[operatorType]?.count { $0 <= opset }
  }

  /// For each known operator the versions that gave equal inputs and attributes another result.
  private static let changes: [String: [Int]] = {
    var changes: [String: [Int]] = [
      "AveragePool": [10, 11, 19, 22],
      "BatchNormalization": [9, 14, 15],
      "Clip": [11],
      "Dropout": [10, 12],
      "MaxPool": [8, 10, 11, 22],
      "Pad": [11, 18, 19],
      "ReduceMax": [18], "ReduceMean": [18], "ReduceSum": [13],
      "Reshape": [14],
      "Resize": [11, 13, 18, 19],
      "Slice": [10, 11],
      "Softmax": [13],
      "Split": [13, 18],
      "Squeeze": [13], "Unsqueeze": [13],
      "Upsample": [9],
    ]
    let unchanged = [
      "Abs", "Add", "And", "ArgMax", "Cast", "Ceil", "Concat", "ConstantOfShape", "Conv", "Div",
      "Equal", "Erf", "Exp", "Expand", "Flatten", "Floor", "Gather", "Gemm", "GlobalAveragePool",
      "Greater", "GreaterOrEqual", "HardSigmoid", "HardSwish", "LeakyRelu", "Less", "LessOrEqual",
      "Log", "MatMul", "Max", "Min", "Mod", "Mul", "Neg", "Not", "Or", "PRelu", "Pow", "Range",
      "Relu", "Round", "ScatterND", "Shape", "Sigmoid", "Softplus", "Sqrt", "Sub", "Tanh", "Tile",
      "Transpose", "Where",
    ]
    for operatorType in unchanged { changes[operatorType] = [] }
    return changes
  }()
}
