const { DOMParser, XMLSerializer } = require("@xmldom/xmldom");
const xpath = require("xpath");

const ASSERTION = `<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">
  <saml:Subject><saml:NameID>ada@acme.example</saml:NameID></saml:Subject>
  <saml:AttributeStatement>
    <saml:Attribute Name="groups">
      <saml:AttributeValue>admins</saml:AttributeValue>
      <saml:AttributeValue>R&amp;D</saml:AttributeValue>
    </saml:Attribute>
  </saml:AttributeStatement>
</saml:Assertion>`;

async function use(event) {
  const document = new DOMParser().parseFromString(ASSERTION, "text/xml");
  const select = xpath.useNamespaces({ saml: "urn:oasis:names:tc:SAML:2.0:assertion" });
  const groups = select("//saml:Attribute[@Name='groups']/saml:AttributeValue/text()", document).map((node) => node.nodeValue);
  const subject = select("string(//saml:NameID)", document);
  return { groups, subject, again: new XMLSerializer().serializeToString(document).length };
}

exports.onExecutePostLogin = async (event, api) => {
  api.idToken.setCustomClaim("https://example.com/result", await use(event));
};
